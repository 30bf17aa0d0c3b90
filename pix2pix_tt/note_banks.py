"""Every note of an instrument, recorded one by one: what pieces are put together from."""

import dataclasses
import hashlib
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt import io
from audio_tt.errors import UserError
from audio_tt.files import replacing
from audio_tt.instruments import SoundFontInstrument
from audio_tt.notes import Note

PITCHES = tuple(range(22, 108))  # as NSynth has them
VELOCITIES = (25, 50, 100, 127)
NOTE_SECONDS = 4.0
HELD_SECONDS = 3.0
SOUNDFONT_RATE = 44100
NSYNTH_RATE = 16000
# Between two notes that are rendered in one go: FluidSynth begins a note at multiples of 64
# samples only, and by then the longest release has died away.
SPACING_SECONDS = 64 * 5512 / 44100


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the notes of an instrument come from.

    Attributes:
        name: the instrument, as its folder of recordings is called.
        path: a SoundFont file, or a folder of notes in NSynth's layout.
        program: General MIDI program of the SoundFont; None for a folder.
    """

    name: str
    path: Path
    program: int | None = None

    @property
    def sample_rate(self) -> int:
        """Hz at which its notes are."""
        return NSYNTH_RATE if self.program is None else SOUNDFONT_RATE


def bank_path(source: Source, folder: Path) -> Path:
    """Returns where the bank of a source lies; another source has another name."""
    state = source.path.stat()
    identity = f"{source.path.resolve()} {state.st_size} {state.st_mtime_ns} {source.program}"
    digest = hashlib.sha256(identity.encode()).hexdigest()[:12]
    return folder / f"{source.name}-{digest}.npy"


def build_bank(source: Source, folder: Path) -> Path:
    """Writes all notes of a source to one file, unless it is there.

    Returns:
        A `.npy` file with int16 `[pitches, velocities, samples]`, scaled to the loudest note; notes
        that the source lacks are silent.

    Raises:
        UserError: the source cannot be read, or has no note at all.
    """
    path = bank_path(source, folder)
    if path.is_file():
        return path
    sounds = render_program(source) if source.program is not None else read_nsynth(source)
    peak = float(np.abs(sounds).max())
    if not peak:
        raise UserError(f"{source.path}: {source.name} is silent; choose another program.")
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.round(sounds * (32767 / peak)).astype(np.int16))
    return path


def render_program(source: Source) -> np.ndarray:
    """Renders a SoundFont program: 3 s held, 1 s of release.

    Returns:
        float32 `[pitches, velocities, samples]` at `SOUNDFONT_RATE`.
    """
    instrument = SoundFontInstrument(source.program, source.path)
    samples = round(NOTE_SECONDS * SOUNDFONT_RATE)
    sounds = np.empty((len(PITCHES), len(VELOCITIES), samples), np.float32)
    starts = [i * SPACING_SECONDS for i in range(len(PITCHES))]
    for v, velocity in enumerate(VELOCITIES):
        notes = [
            Note(pitch, velocity, start, start + HELD_SECONDS)
            for pitch, start in zip(PITCHES, starts, strict=True)
        ]
        audio = instrument.render(notes, SOUNDFONT_RATE, tail_seconds=NOTE_SECONDS - HELD_SECONDS)
        for p, start in enumerate(starts):
            first = round(start * SOUNDFONT_RATE)
            sounds[p, v] = audio[first : first + samples]
    return sounds


def read_nsynth(source: Source) -> np.ndarray:
    """Reads the notes `NAME-PITCH-VELOCITY.wav` of a folder.

    A velocity that is missing is played by the nearest there is.

    Returns:
        float32 `[pitches, velocities, samples]` at `NSYNTH_RATE`.

    Raises:
        UserError: the folder holds no note of that name, or one cannot be read.
    """
    samples = round(NOTE_SECONDS * NSYNTH_RATE)
    sounds = np.zeros((len(PITCHES), len(VELOCITIES), samples), np.float32)
    files = {path.name: path for path in source.path.glob(f"{source.name}-???-???.wav")}
    if not files:
        raise UserError(
            f"{source.path}: holds no file like {source.name}-060-100.wav; check --nsynth_path and "
            "--instruments."
        )
    missing = []
    for p, pitch in enumerate(PITCHES):
        there = {
            v: files[name]
            for v, velocity in enumerate(VELOCITIES)
            if (name := f"{source.name}-{pitch:03d}-{velocity:03d}.wav") in files
        }
        read = {v: io.read(path, NSYNTH_RATE)[0][:samples] for v, path in there.items()}
        for v, velocity in enumerate(VELOCITIES):
            if read:
                nearest = min(read, key=lambda other, to=velocity: abs(VELOCITIES[other] - to))
                sounds[p, v, : len(read[nearest])] = read[nearest]
        if not read:
            missing.append(pitch)
    if missing:
        logging.warning(
            "%s: %d of %d pitches are missing in %s (%s) and stay silent.",
            source.name,
            len(missing),
            len(PITCHES),
            source.path,
            _ranges(missing),
        )
    return sounds


def _ranges(numbers: list[int]) -> str:
    """Writes 22, 23, 24, 30 as "22-24, 30"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
