"""Several notes at once, followed as voices, each with its own pitch and loudness.

Which notes sound comes from `audio_tt.pitch.note_network`; here these likelihoods become notes, the
notes voices, and each voice gets its f0 from its harmonics and its share of the loudness of all.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from audio_tt.dsp.loudness import a_weighting_db
from audio_tt.dsp.units import db_to_power, midi_to_hz
from audio_tt.music.notes import Note
from audio_tt.music.voices import split_voices
from audio_tt.pitch import note_network
from ddsp_tt.features import extraction, fitting, loudness_scales
from ddsp_tt.features.rates import MEASURING_RATE

MOST_VOICES = 6
_FRAME_RATE = note_network.FRAME_RATE
_HOP_LENGTH = MEASURING_RATE // _FRAME_RATE
_WINDOW = 2048
_EVEN = 0.3  # likelihood at which a note is as good as none
_SWITCH = 3.0  # log-odds that it takes to begin a note, or to end it
_SHORTEST = 4  # frames of a note
_SURE = 0.4  # mean likelihood of a note
_AGAIN_DB = 7.0  # by which the harmonics rise where a pitch is played again
_HARMONICS = 10
_CENTS = np.arange(-60, 61, 6)
_NEAR_HZ = 14.0  # two partials that one window does not tell apart
_FAINT_DB = -30.0  # a voice so far below all others is none
_ATTACK, _RELEASE_DB = 0.03, 400.0  # seconds; dB a second
_CHORDS, _LASTING_SECONDS = 0.8, 0.12
_COVERED = 0.97  # share of the notes' time that the voices have to play

Likelihoods = Callable[[np.ndarray], np.ndarray]


def notes_of(likelihoods: np.ndarray, audio: np.ndarray) -> list[Note]:
    """Finds notes.

    Args:
      likelihoods: `[frames, pitches]`, as `note_network.likelihoods` gives them.
      audio: `[samples]` at 16 kHz, in which a pitch that is played again is looked for.

    Returns:
      The notes, by onset; all velocities are 80.
    """
    on, rises = _switched(likelihoods), note_network.rises(audio)
    notes = []
    for column in np.flatnonzero(on.any(axis=0)):
        edges = np.flatnonzero(np.diff(np.pad(on[:, column].astype(int), 1)))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            if end - start < _SHORTEST or likelihoods[start:end, column].mean() < _SURE:
                continue
            cuts = [start, *_attacks(rises[:, column], start, end), end]
            for first, last in zip(cuts, cuts[1:], strict=False):
                pitch = note_network.LOWEST + int(column)
                notes.append(Note(pitch, 80, first / _FRAME_RATE, last / _FRAME_RATE))
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _switched(likelihoods):
    """Whether each pitch is on, `[frames, pitches]`: the likeliest course of two states."""
    clipped = np.clip(likelihoods, 1e-4, 1.0 - 1e-4)
    gain = np.log(clipped / (1.0 - clipped)) - np.log(_EVEN / (1.0 - _EVEN))
    on, off = np.full(gain.shape[1], -_SWITCH), np.zeros(gain.shape[1])
    from_off, from_on = np.zeros(gain.shape, bool), np.zeros(gain.shape, bool)
    for i, frame in enumerate(gain):
        from_off[i], from_on[i] = off - _SWITCH > on, on - _SWITCH > off
        on, off = np.maximum(on, off - _SWITCH) + frame, np.maximum(off, on - _SWITCH)
    states = np.zeros(gain.shape, bool)
    state = on > off
    for i in reversed(range(len(gain))):
        states[i] = state
        state = np.where(state, ~from_off[i], from_on[i])
    return states


def _attacks(rises, start, end):
    """Frames within a note where it is played again."""
    found = []
    for i in range(start + _SHORTEST, end - _SHORTEST):
        is_peak = rises[i] == rises[max(i - 3, 0) : i + 4].max()
        if rises[i] > _AGAIN_DB and is_peak and i - (found or [start])[-1] >= _SHORTEST:
            found.append(i)
    return found


def count_voices(notes: Sequence[Note]) -> int:
    """Returns how many voices play nearly all of the notes' time; 0 without notes."""
    if not notes:
        return 0
    edges = sorted([(n.start, 1) for n in notes] + [(n.end, -1) for n in notes])
    seconds, sounding = np.zeros(len(notes) + 1), 0
    for (time, change), (until, _) in zip(edges, edges[1:], strict=False):
        sounding += change
        seconds[sounding] += until - time
    played = [
        sum(min(count, most) * lasting for count, lasting in enumerate(seconds))
        for most in range(1, MOST_VOICES + 1)
    ]
    total = sum(count * lasting for count, lasting in enumerate(seconds))
    enough = [most for most, time in enumerate(played, 1) if time >= _COVERED * total]
    return enough[0] if enough else MOST_VOICES


def are_chords(audio: np.ndarray, likelihoods: np.ndarray) -> bool:
    """Whether several notes sound at once beyond doubt.

    Args:
      audio: `[samples]` at 16 kHz.
      likelihoods: of it, as `note_network.likelihoods` gives them.
    """
    return chord_share(audio, likelihoods) > _CHORDS


def chord_share(audio: np.ndarray, likelihoods: np.ndarray) -> float:
    """Returns the share of the time with notes that has several, 0..1; octaves do not count."""
    sounding = np.zeros((len(likelihoods), 128), bool)
    for note in notes_of(likelihoods, audio):
        if note.duration >= _LASTING_SECONDS:
            sounding[
                round(note.start * _FRAME_RATE) : round(note.end * _FRAME_RATE), note.pitch
            ] = 1
    count = sounding.sum(axis=1)
    for interval in (12, 19, 24, 28, 31):
        count -= (sounding[:, interval:] & sounding[:, :-interval]).any(axis=1)
    heard = sounding.any(axis=1)
    return float(np.mean(count[heard] > 1)) if heard.any() else 0.0


@dataclasses.dataclass(frozen=True)
class Voices:
    """What sounds at once, as voices.

    Attributes:
      notes: of each voice.
      f0_hz: `[voices, frames]`, between notes that of the last one.
      share_db: `[voices, frames]`, level below that of all together; -inf where a voice rests.
    """

    notes: list[list[Note]]
    f0_hz: np.ndarray
    share_db: np.ndarray

    def moved_notes(self, semitones: int) -> tuple[Note, ...]:
        """Returns the notes of all voices, moved, by onset."""
        notes = (note for voice in self.notes for note in voice)
        moved = (dataclasses.replace(n, pitch=n.pitch + semitones) for n in notes)
        return tuple(sorted(moved, key=lambda note: (note.start, note.pitch)))

    def features(self, audio: np.ndarray, analysis: dict[str, Any]) -> list[dict[str, np.ndarray]]:
        """Features of each voice, as `features.extraction.extract` gives those of a recording.

        Args:
          audio: of all together, `[samples]` at 16 kHz.
          analysis: what the instrument wants measured.

        Returns:
          A dict a voice; one with rests alone where there is no voice.
        """
        rate, convention = analysis["rates"].frame_rate, analysis["convention"]
        n_frames = self.f0_hz.shape[1]
        quietest_db = -loudness_scales.get(convention).range_db
        level_db = {"loudness_db": (extraction.loudness(audio, convention, rate), quietest_db)}
        if analysis["power_window_length"]:
            power_db = extraction.power(audio, rate, analysis["power_window_length"])
            level_db["power_db"] = (power_db, fitting.MIN_POWER_DB)
        rest = [(np.zeros(n_frames), np.full(n_frames, -np.inf))]
        pairs = list(zip(self.f0_hz, self.share_db, strict=True)) or rest
        return [
            {
                "f0_hz": f0_hz.astype(np.float32),
                "f0_confidence": np.isfinite(share_db).astype(np.float32),
                **{
                    name: np.maximum(level[:n_frames] + share_db, lowest).astype(np.float32)
                    for name, (level, lowest) in level_db.items()
                },
            }
            for f0_hz, share_db in pairs
        ]


def follow(
    audio: np.ndarray,
    frame_rate: float,
    n_frames: int,
    most: int | None = None,
    likelihoods: Likelihoods = note_network.likelihoods,
) -> Voices:
    """Follows the voices of a recording.

    Args:
      audio: float32 `[samples]` at 16 kHz.
      frame_rate: of the result, frames a second.
      n_frames: of the result.
      most: how many voices there may be; None for as many as play nearly all notes.
      likelihoods: finds which pitches sound, as `note_network.likelihoods` does.
    """
    notes = notes_of(likelihoods(audio), audio)
    most = most or count_voices(notes)
    measured = _measure(audio, notes)
    loud = [note for note in measured if note.level_db > _FAINT_DB]
    by_note = {id(m.note): m for m in loud}
    voices = split_voices([m.note for m in loud], most) if loud else []
    shape = (len(voices), n_frames)
    f0_hz, share_db = np.zeros(shape), np.full(shape, -np.inf)
    times = np.arange(n_frames) / frame_rate
    for voice, f0, share in zip(voices, f0_hz, share_db, strict=True):
        for index, note in enumerate(voice):
            following = voice[index + 1].start if index + 1 < len(voice) else np.inf
            _place(by_note[id(note)], times, following, f0, share)
        first = np.flatnonzero(f0)[:1]
        if len(first):
            f0[: first[0]] = f0[first[0]]
    return Voices(voices, f0_hz, share_db)


@dataclasses.dataclass(frozen=True)
class _Measured:
    """A note, and its f0 in Hz and share of the power in dB, `[frames]` at 50 a second."""

    note: Note
    f0_hz: np.ndarray
    share_db: np.ndarray
    level_db: float


def _place(measured, times, following, f0_hz, share_db):
    """Puts a note into its voice's curves."""
    note = measured.note
    first, last = np.searchsorted(times, (note.start - 0.01, note.end))
    until = np.searchsorted(times, min(following - 0.01, note.end + 0.15))
    at = (times[first:until] - note.start) * _FRAME_RATE
    frames = np.arange(len(measured.f0_hz))
    f0_hz[first:] = measured.f0_hz[-1]
    f0_hz[first:until] = np.interp(at, frames, measured.f0_hz)
    share = np.interp(at, frames, measured.share_db)
    share -= 20.0 * (1.0 - np.clip((times[first:until] - note.start) / _ATTACK, 0.0, 1.0)) ** 2
    share -= _RELEASE_DB * np.maximum(times[first:until] - note.end, 0.0)
    share_db[first:until] = share


def _spectra(audio, first, last):
    """Magnitudes `[frames, bins]` of frames at 50 a second."""
    start = first * _HOP_LENGTH - _WINDOW // 2
    stretch = audio[max(start, 0) : (last - 1) * _HOP_LENGTH + _WINDOW // 2]
    missing = (last - 1 - first) * _HOP_LENGTH + _WINDOW - len(stretch)
    stretch = np.pad(stretch, (max(-start, 0), max(missing + min(start, 0), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(stretch, _WINDOW)[::_HOP_LENGTH]
    window = np.hanning(_WINDOW).astype(np.float32)
    return np.abs(np.fft.rfft(frames * (window / window.sum()), 2 * _WINDOW)).astype(np.float32)


def _measure(audio, notes):
    """F0 and share of the power of each note, of its harmonics that no other note has."""
    spans = [(round(n.start * _FRAME_RATE), round(n.end * _FRAME_RATE)) for n in notes]
    total, found = np.full(len(audio) // _HOP_LENGTH + 2, 1e-12), []
    for note, (first, last) in zip(notes, spans, strict=True):
        others = [
            midi_to_hz(other.pitch)
            for other, (start, end) in zip(notes, spans, strict=True)
            if other is not note and start < last and end > first and other.pitch != note.pitch
        ]
        f0_hz, power = _harmonics(_spectra(audio, first, last), midi_to_hz(note.pitch), others)
        total[first:last] += power
        found.append((f0_hz, power))
    measured = []
    for note, (first, last), (f0_hz, power) in zip(notes, spans, found, strict=True):
        share_db = 10.0 * np.log10(power / total[first:last] + 1e-9)
        measured.append(_Measured(note, f0_hz, share_db, float(np.median(share_db))))
    return measured


def _harmonics(spectra, f0_hz, others):
    """F0 `[frames]` in Hz and power `[frames]`, as weighted by ear, of one note."""
    numbers = np.arange(1, _HARMONICS + 1)
    numbers = numbers[numbers * f0_hz < 0.45 * MEASURING_RATE]
    shared = np.zeros(len(numbers))
    for other in others:
        multiple = numbers * f0_hz / other
        away = np.abs(multiple - np.maximum(np.rint(multiple), 1)) * other
        shared += away < _NEAR_HZ
    tunings = 2.0 ** (_CENTS / 1200)
    place = numbers[:, None] * f0_hz * tunings * (2 * _WINDOW / MEASURING_RATE)
    low = place.astype(int)
    levels = spectra[:, low] + (place - low) * (spectra[:, low + 1] - spectra[:, low])
    alone = 1.0 / (1.0 + shared) ** 2
    sums = (levels * (alone * numbers**0.5)[:, None]).sum(axis=1)
    sums = _averaged(sums)
    best = np.clip(sums.argmax(axis=1), 1, len(_CENTS) - 2)
    rows = np.arange(len(sums))
    left, middle, right = (sums[rows, best + i] for i in (-1, 0, 1))
    offset = np.clip(0.5 * (left - right) / np.minimum(left - 2 * middle + right, -1e-9), -1, 1)
    cents = _CENTS[best] + offset * (_CENTS[1] - _CENTS[0])
    amplitude = levels.max(axis=2)
    by_ear = db_to_power(a_weighting_db(2 * _WINDOW, MEASURING_RATE))[low[:, len(_CENTS) // 2]]
    weights = by_ear / (1.0 + shared)
    return f0_hz * 2.0 ** (cents / 1200), (amplitude**2 * weights).sum(axis=1)


def _averaged(values):
    """The mean of each frame and the two beside it."""
    padded = np.pad(values, ((1, 1), (0, 0)), "edge")
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
