"""Writes a program of a SoundFont as a folder of notes in NSynth's layout.

    python -m pix2pix_tt.build_instrument --soundfont=FluidR3_GM.sf2 --program=46 --output=notes

It writes OUTPUT/NAME-PITCH-VELOCITY.wav for the pitches 22 to 107 and the velocities 25, 50, 100
and 127: 4 s at 16 kHz, of which 3 s are held. pix2pix_tt.synthesize_audios reads the folder as
--nsynth_path. What is there is kept, so the same command continues.
"""

import re
from pathlib import Path

from absl import flags, logging

from audio_tt import app
from audio_tt.errors import UserError

_SOUNDFONT = flags.DEFINE_string("soundfont", None, "SoundFont file; by default the system's.")
_PROGRAM = flags.DEFINE_integer(
    "program", None, "General MIDI program.", lower_bound=0, upper_bound=127, required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder to write into.", required=True)
_NAME = flags.DEFINE_string(
    "name", None, "INSTRUMENT_SOURCE_PRESET, such as guitar_acoustic_000; by default the program's."
)


def main():
    """Renders the notes that are missing."""
    from audio_tt.instruments import program_name

    app.parse_gin()
    name = _NAME.value or f"{program_name(_PROGRAM.value)}_000"
    written = build(_SOUNDFONT.value, _PROGRAM.value, Path(_OUTPUT.value), name)
    logging.info("%s: %d notes of %s written", _OUTPUT.value, written, name)


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
    from audio_tt import io
    from audio_tt.progress import progress
    from audio_tt.soundfont import find_soundfont
    from pix2pix_tt import note_banks

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
    import numpy as np
    import soxr

    from audio_tt.progress import progress
    from pix2pix_tt import note_banks

    rates = (note_banks.SOUNDFONT_RATE, note_banks.NSYNTH_RATE)
    velocities = []
    with progress(len(note_banks.VELOCITIES), "rendering", "velocity") as bar:
        for notes in note_banks.render_velocities(source):
            velocities.append(soxr.resample(notes.T, *rates, quality="HQ").T)
            bar.update(1)
    return np.stack(velocities, axis=1)


if __name__ == "__main__":
    app.run(main)
