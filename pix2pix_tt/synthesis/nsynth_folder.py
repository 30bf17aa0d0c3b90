"""An instrument as a folder of notes in NSynth's layout."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from pix2pix_tt.synthesis import note_banks


def build(
    sources: Sequence[note_banks.Source], folder: Path, sample_rate: int = note_banks.NSYNTH_RATE
) -> int:
    """Writes the notes of a SoundFont program or of sample libraries that a folder lacks.

    All are scaled alike, such that the loudest has a peak of 32000 / 32768.

    Args:
        sources: where the notes come from, all with the NAME of the files; of several, the
            softest first, each plays its share of the velocities.
        folder: where NAME-PITCH-VELOCITY.wav shall be.
        sample_rate: Hz of the files; NSynth's is 16000.

    Returns:
        How many files were written.

    Raises:
        UserError: the name is none for files, the source cannot be played, or the folder cannot be
            written to.
    """
    name = sources[0].name
    if not re.fullmatch(r"\w[\w.]*", name):
        raise UserError(f"--name={name}: use letters, digits and _, as in guitar_acoustic_000.")
    missing = [
        (path, p, v)
        for p, pitch in enumerate(note_banks.PITCHES)
        for v, velocity in enumerate(note_banks.VELOCITIES)
        if not (path := folder / f"{name}-{pitch:03d}-{velocity:03d}.wav").exists()
    ]
    if not missing:
        return 0
    io.check_writable(missing[0][0])
    notes = _render(sources, sample_rate)
    gain = note_banks.PEAK / note_banks.loudest(sources[0], notes)
    for path, p, v in progress(missing, "writing", "note"):
        io.write(path, gain * notes[p, v], sample_rate)
    return len(missing)


def _render(sources, sample_rate):
    """Renders all notes, float32 `[pitches, velocities, samples]`."""
    rates = (note_banks.SOUNDFONT_RATE, sample_rate)
    velocities = []
    with progress(len(note_banks.VELOCITIES), "rendering", "velocity") as bar:
        for notes in note_banks.render_velocities(sources):
            velocities.append(soxr.resample(notes.T, *rates, quality="HQ").T)
            bar.update(1)
    return np.stack(velocities, axis=1)
