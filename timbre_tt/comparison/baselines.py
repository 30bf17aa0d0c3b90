"""What a transfer has to be better than: copying the input, and playing its notes on samples."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.dsp.units import hz_to_midi
from audio_tt.errors import UserError
from audio_tt.music import midi_repair
from audio_tt.music import notes as notes_lib
from audio_tt.music.instruments import SoundFontInstrument, find_program
from audio_tt.music.notes import Note

CONFIDENT = 0.5
SHORTEST_SECONDS = 0.06
LOUDEST_VELOCITY = 112
_NEW_NOTE_SEMITONES = 0.7  # vibrato and glides stay within one note


def notes_of_line(
    f0_hz: np.ndarray, confidence: np.ndarray, loudness_db: np.ndarray, frame_rate: float
) -> list[Note]:
    """Writes down the notes of one voice.

    A note ends where the pitch is not confident any more or leaves its semitone for good. Its
    velocity is that at which a General MIDI instrument is as far below its loudest as the note is.

    Args:
      f0_hz: `[frames]` Hz.
      confidence: `[frames]`, 0 to 1.
      loudness_db: `[frames]`.
      frame_rate: frames a second.

    Returns:
      Notes, in order; none where no pitch is confident.
    """
    count = min(len(f0_hz), len(confidence), len(loudness_db))
    voiced = (confidence[:count] > CONFIDENT) & (f0_hz[:count] > 0.0)
    midi = hz_to_midi(f0_hz[:count])
    loudest = loudness_db[:count][voiced].max(initial=-np.inf)
    notes, start = [], 0
    shortest = max(1, round(SHORTEST_SECONDS * frame_rate))
    while start < count:
        if not voiced[start]:
            start += 1
            continue
        end = start + 1
        while end < count and voiced[end]:
            ahead = midi[end : end + shortest]
            centre = np.median(midi[start:end])
            if np.all(np.abs(ahead - centre) > _NEW_NOTE_SEMITONES):
                break
            end += 1
        if end - start >= shortest:
            velocity = _velocity(loudness_db[start:end].max() - loudest)
            pitch = int(np.clip(round(np.median(midi[start:end])), 0, 127))
            notes.append(Note(pitch, velocity, start / frame_rate, end / frame_rate))
        start = end
    return notes


def notes_of_roll(roll: np.ndarray, loudness_db: np.ndarray, frame_rate: float) -> list[Note]:
    """Writes down the notes of several voices.

    Args:
      roll: bool `[frames, 128]` by MIDI pitch, as `audio_tt.pitch.multipitch.piano_roll` gives
        it; gaps of one frame are closed, and notes of one frame left out.
      loudness_db: `[frames]` at the roll's frame rate, for the velocities at the onsets.
      frame_rate: frames a second.

    Returns:
      Notes, by onset.
    """
    roll = np.pad(roll, ((1, 1), (0, 0)))
    roll[1:-1] |= roll[:-2] & roll[2:]
    notes = []
    for pitch in np.flatnonzero(roll.any(axis=0)):
        edges = np.flatnonzero(np.diff(roll[:, pitch].astype(int)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start > 1:
                velocity = _velocity(loudness_db[start:end].max() - loudness_db.max())
                notes.append(Note(int(pitch), velocity, start / frame_rate, end / frame_rate))
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _velocity(level_db):
    """MIDI velocity of a note so many dB below the loudest, as General MIDI has it."""
    return int(np.clip(round(LOUDEST_VELOCITY * 10.0 ** (level_db / 40.0)), 1, 127))


def resynthesise(
    notes: Sequence[Note],
    instrument: str,
    sample_rate: int,
    n_samples: int,
    soundfont: str | Path | None = None,
) -> np.ndarray:
    """Plays notes on a SoundFont's instrument; float32 `[n_samples]`, peak 0.5 or silent.

    Raises:
      UserError: the instrument is no General MIDI program, or there is no SoundFont, or nothing
        that plays it.
    """
    sampled = SoundFontInstrument(find_program(instrument), soundfont)
    audio = sampled.render(notes, sample_rate) if notes else np.zeros(0, np.float32)
    audio = np.pad(audio[:n_samples], (0, max(0, n_samples - len(audio))))
    return 0.5 * audio / max(float(np.abs(audio).max(initial=0.0)), 1e-9)


def known_notes(path: str | Path) -> list[Note] | None:
    """The notes of the MIDI file that lies beside a recording under its name; None without one.

    Of one that cannot be read there is a warning, and None.
    """
    beside = (path.with_suffix(extension) for extension in midi_repair.EXTENSIONS)
    midi = next((file for file in beside if file.is_file()), None)
    if midi is None:
        return None
    try:
        return notes_lib.read_midi(midi)
    except UserError as error:
        logging.warning("left out: %s", error)
        return None
