"""An instrument of a SoundFont as a folder of notes in NSynth's layout."""

import re
from pathlib import Path

import numpy as np
import soxr

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music.soundfont import find_soundfont
from pix2pix_tt.synthesis import note_banks


def build(soundfont: str | None, program: int, folder: Path, name: str) -> int:
    """Writes the notes of a program that a folder lacks.

    All are scaled alike, such that the loudest has a peak of 32000 / 32768.

    Args:
        soundfont: a `.sf2` or `.sf3` file; the system's when None.
        program: General MIDI program, 0..127.
        folder: where NAME-PITCH-VELOCITY.wav shall be.
        name: the NAME of the files.

    Returns:
        How many files were written.

    Raises:
        UserError: the name is none for files, the SoundFont cannot be played or has no such
            program, or the folder cannot be written to.
    """

    if not re.fullmatch(r"\w[\w.]*", name):
        raise UserError(f"--name={name}: use letters, digits and _, as in guitar_acoustic_000.")
    source = note_banks.Source(name, find_soundfont(soundfont), program)
    missing = [
        (path, p, v)
        for p, pitch in enumerate(note_banks.PITCHES)
        for v, velocity in enumerate(note_banks.VELOCITIES)
        if not (path := folder / f"{name}-{pitch:03d}-{velocity:03d}.wav").exists()
    ]
    if not missing:
        return 0
    io.check_writable(missing[0][0])
    notes = _render(source)
    gain = note_banks.PEAK / note_banks.loudest(source, notes)
    for path, p, v in progress(missing, "writing", "note"):
        io.write(path, gain * notes[p, v], note_banks.NSYNTH_RATE)
    return len(missing)


def _render(source):
    """Renders all notes, float32 `[pitches, velocities, samples]` at NSynth's 16 kHz."""

    rates = (note_banks.SOUNDFONT_RATE, note_banks.NSYNTH_RATE)
    velocities = []
    with progress(len(note_banks.VELOCITIES), "rendering", "velocity") as bar:
        for notes in note_banks.render_velocities(source):
            velocities.append(soxr.resample(notes.T, *rates, quality="HQ").T)
            bar.update(1)
    return np.stack(velocities, axis=1)
