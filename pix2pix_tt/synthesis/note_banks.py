"""Every note of an instrument, recorded one by one: what pieces are put together from."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.music import sample_library
from audio_tt.music.instruments import SoundFontInstrument
from audio_tt.music.notes import Note
from audio_tt.music.sampled import SampledInstrument

PITCHES = tuple(range(22, 108))  # as NSynth has them
VELOCITIES = (25, 50, 100, 127)
NOTE_SECONDS = 4.0
HELD_SECONDS = 3.0
SOUNDFONT_RATE = 44100
NSYNTH_RATE = 16000
BEYOND = 3  # semitones that a sample library plays above and below its own notes
PEAK = 32000 / 32768  # of what is written
# Between two notes that are rendered in one go: FluidSynth begins a note at multiples of 64
# samples only, and by then the longest release has died away.
SPACING_SECONDS = 64 * 5512 / 44100


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the notes of an instrument come from.

    Attributes:
        name: the instrument, as its folder of recordings is called.
        path: a SoundFont file, a folder of notes in NSynth's layout, or a sample library.
        program: General MIDI program of the SoundFont; None for the others.
        bank: of the SoundFont.
        preset: what the files of a folder are called, such as guitar_acoustic_010; the name, or
            the name and 000, when None.
        is_library: whether it is a sample library, as `audio_tt.music.sample_library` reads it: a
            folder of recorded notes, or an SFZ file.
    """

    name: str
    path: Path
    program: int | None = None
    bank: int = 0
    preset: str | None = None
    is_library: bool = False

    @property
    def is_rendered(self) -> bool:
        """Whether an instrument plays its notes, rather than that they are read from files."""
        return self.program is not None or self.is_library

    @property
    def sample_rate(self) -> int:
        """Hz at which its notes are: of a folder, those of its first file."""
        if self.is_rendered:
            return SOUNDFONT_RATE
        first = next(iter(sorted(_nsynth_files(self).items())))[1]
        return io.info(first).sample_rate

    @property
    def settings(self) -> dict:
        """What tells it from other sources, wherever its file or folder lies."""
        size = self.path.stat().st_size if self.path.is_file() else None
        preset = {"bank": self.bank, "program": self.program, "preset": self.preset}
        return {"file": self.path.name, "size": size, **preset}

    @property
    def identity(self) -> str:
        """What tells it from other sources, the state of its file or folder included."""
        state = self.path.stat()
        file = f"{self.path.resolve()} {state.st_size} {state.st_mtime_ns}"
        return f"{file} {self.bank} {self.program} {self.preset} {self.is_library}"

    def open(self) -> tuple[SoundFontInstrument | SampledInstrument, Sequence[int]]:
        """Returns what renders its notes, and the MIDI pitches that it has.

        Raises:
            UserError: it cannot be read.
        """
        if not self.is_library:
            return SoundFontInstrument(self.program, self.path, self.bank), PITCHES
        library = sample_library.read(self.path)
        lowest, highest = library.low - BEYOND, library.high + BEYOND
        return SampledInstrument(library), range(lowest, highest + 1)


def bank_path(source: Source, folder: Path) -> Path:
    """Returns where the bank of a source lies; another source has another name."""
    digest = hashlib.sha256(os.fsencode(source.identity)).hexdigest()[:12]
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
    sounds = render_notes(source) if source.is_rendered else read_nsynth(source)
    peak = loudest(source, sounds)
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.round(sounds * (32767 / peak)).astype(np.int16))
    return path


def loudest(source: Source, sounds: np.ndarray) -> float:
    """Returns the peak of all notes of a source.

    Raises:
        UserError: they are silent.
    """
    peak = float(np.abs(sounds).max())
    if not peak:
        raise UserError(f"{source.path}: {source.name} is silent; choose another instrument.")
    return peak


def render_notes(source: Source) -> np.ndarray:
    """Renders the notes of a SoundFont program or a sample library: 3 s held, 1 s of release.

    Returns:
        float32 `[pitches, velocities, samples]` at `SOUNDFONT_RATE`.
    """
    samples = round(NOTE_SECONDS * SOUNDFONT_RATE)
    sounds = np.empty((len(PITCHES), len(VELOCITIES), samples), np.float32)
    for v, notes in enumerate(render_velocities([source])):
        sounds[:, v] = notes
    return sounds


def render_velocities(sources: Sequence[Source]) -> Iterator[np.ndarray]:
    """Renders notes as `render_notes` does, one velocity after the other.

    Args:
        sources: what plays them; of several, the softest first, each plays its share of the
            velocities.

    Yields:
        float32 `[pitches, samples]` at `SOUNDFONT_RATE`.
    """
    opened = {}
    samples = round(NOTE_SECONDS * SOUNDFONT_RATE)
    starts = [i * SPACING_SECONDS for i in range(len(PITCHES))]
    for v, velocity in enumerate(VELOCITIES):
        source = sources[v * len(sources) // len(VELOCITIES)]
        if source not in opened:
            opened = {source: source.open()}
        instrument, playable = opened[source]
        notes = [
            Note(pitch, velocity, start, start + HELD_SECONDS)
            for pitch, start in zip(PITCHES, starts, strict=True)
            if pitch in playable
        ]
        tail = NOTE_SECONDS - HELD_SECONDS
        audio = instrument.render(notes, SOUNDFONT_RATE, tail_seconds=tail)
        audio = np.pad(audio, (0, round(starts[-1] * SOUNDFONT_RATE) + samples))
        firsts = [round(start * SOUNDFONT_RATE) for start in starts]
        yield np.stack([audio[first : first + samples] for first in firsts])


def read_nsynth(source: Source) -> np.ndarray:
    """Reads the notes `NAME-PITCH-VELOCITY.wav` of a folder.

    NAME ends with the preset, as guitar_acoustic_010 does; without one it is preset 000. A
    velocity that is missing is played by the nearest there is, a pitch that is missing is silent.

    Returns:
        float32 `[pitches, velocities, samples]` at the source's sample rate.

    Raises:
        UserError: the folder holds no note of that name, or one cannot be read.
    """
    rate = source.sample_rate
    samples = round(NOTE_SECONDS * rate)
    sounds = np.zeros((len(PITCHES), len(VELOCITIES), samples), np.float32)
    files = _nsynth_files(source)
    missing = []
    for p, pitch in enumerate(PITCHES):
        there = {v: files[key] for v, key in enumerate(_keys(pitch)) if key in files}
        read = {v: io.read(path, rate)[0][:samples] for v, path in there.items()}
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


def _keys(pitch):
    return [f"{pitch:03d}-{velocity:03d}" for velocity in VELOCITIES]


def _nsynth_files(source):
    """Returns the files of an instrument by pitch and velocity, as in 060-100."""
    for prefix in [source.preset] if source.preset else [source.name, f"{source.name}_000"]:
        files = {path.stem[-7:]: path for path in source.path.glob(f"{prefix}-???-???.wav")}
        if files.keys() & {key for pitch in PITCHES for key in _keys(pitch)}:
            return files
    raise UserError(
        f"{source.path}: holds no notes of {source.preset or source.name}; they are called like "
        "guitar_acoustic_000-060-100.wav; check --nsynth_path and --instruments."
    )


def _ranges(numbers: list[int]) -> str:
    """Writes 22, 23, 24, 30 as "22-24, 30"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
