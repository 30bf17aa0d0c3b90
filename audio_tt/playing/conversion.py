"""Recordings through a player: which file becomes which, and how one is played."""

import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import io
from timbre_tt.systems import Player

_BLOCK_SIZE = 65536


def plan(words: Sequence[str], output_dir: str | None, instrument: str) -> list[tuple[Path, Path]]:
    """Pairs recordings with the files to be written.

    Args:
      words: INPUT and OUTPUT; with `output_dir` any number of files, folders and globs.
      output_dir: where `song.wav` becomes `song_INSTRUMENT.wav`; what lies below a given folder
        keeps its place below this one.
      instrument: for the names.

    Raises:
      UserError: there is nothing to read, or the output is not named as it should be.
    """
    if output_dir is None:
        source, target = _one(words)
        io.check_writable(target)
        return [(source, target)]
    if not words:
        raise UserError("name one or more recordings, or folders of them")
    ending = f"_{instrument.replace('/', '_')}.wav"
    jobs: dict[Path, Path] = {}
    for source, inside in _all(words):
        target = Path(output_dir, inside.with_name(inside.stem + ending))
        if target in jobs:  # a.wav and a.mp3 become two files
            target = Path(output_dir, inside.with_name(inside.name + ending))
        jobs.setdefault(target, source)
    io.check_writable(next(iter(jobs)))
    return [(source, target) for target, source in jobs.items()]


def _one(words):
    if len(words) != 2:
        raise UserError(
            "name a recording and a file to write, timbre-transfer INPUT OUTPUT; or recordings and "
            "--output_dir=DIR"
        )
    source, target = map(Path, words)
    if source.is_dir():
        raise UserError(f"{source} is a folder; say where its files go with --output_dir=DIR")
    if target.is_dir():
        raise UserError(f"{target} is a folder; say --output_dir={target}, or name a file in it")
    return source, target


def _all(words):
    """Yields (recording, its place below the output folder)."""
    seen = set()
    for word in words:
        for source in io.find_audio(word):
            if source.resolve() in seen:
                continue
            seen.add(source.resolve())
            folder = Path(os.path.expanduser(word))
            yield source, source.relative_to(folder) if folder.is_dir() else Path(source.name)


def seconds_of(path: Path) -> float:
    """How long a recording is by its header; 0 where it has none that can be read."""
    try:
        return io.info(path).duration
    except UserError:
        return 0.0


class Seconds:
    """Moves a progress bar that counts seconds of audio."""

    def __init__(self, bar):
        self._bar, self._done = bar, 0.0

    def add(self, seconds: float) -> None:
        """Counts so many more."""
        self._done += seconds
        self._bar.update(min(int(self._done), self._bar.total) - self._bar.n)


def convert(source: Path, target: Path, player: Player, seconds: Seconds | None = None) -> None:
    """Plays one recording into a file of its sample rate and, where the player can, its channels.

    Memory grows only with what the player itself keeps.

    Args:
      source: the recording.
      target: the sound file to write.
      player: what plays it.
      seconds: told how far it is.

    Raises:
      UserError: the recording cannot be read, or the file cannot be written.
    """
    rate = io.info(source).sample_rate
    recording = _Counted(io.blocks(source, rate, _BLOCK_SIZE, mono=not player.keeps_channels))
    sound = player.play(resampled(recording, rate, player.sample_rate), str(source))
    sound = recording.cut(resampled(sound, player.sample_rate, rate))
    if seconds is not None:
        sound = _shown(sound, rate, seconds)
    io.write(target, sound, rate, player.subtype if target.suffix.lower() == ".wav" else None)


def resampled(blocks: Iterable[np.ndarray], sample_rate: int, wanted: int) -> Iterator[np.ndarray]:
    """Yields blocks at another rate: n samples become ceil(n * ratio)."""
    if sample_rate == wanted:
        yield from blocks
        return
    import soxr

    resampler, taken, given = None, 0, 0
    for block in blocks:
        if resampler is None:
            channels = 1 if block.ndim == 1 else block.shape[1]
            resampler = soxr.ResampleStream(sample_rate, wanted, channels, dtype="float32")
        taken += len(block)
        part = resampler.resample_chunk(np.ascontiguousarray(block, np.float32))
        given += len(part)
        yield part
    if resampler is not None:
        tail = np.zeros((sample_rate // wanted + 2, *block.shape[1:]), np.float32)
        left = math.ceil(taken * wanted / sample_rate) - given
        yield resampler.resample_chunk(tail, last=True)[:left]


class _Counted:
    """Passes on the blocks of a recording, and ends what is made of them where it ended."""

    def __init__(self, blocks):
        self._blocks, self._taken = blocks, 0

    def __iter__(self):
        for block in self._blocks:
            self._taken += len(block)
            yield block

    def cut(self, blocks):
        given = 0
        for block in blocks:
            block = block[: self._taken - given]
            given += len(block)
            yield block


def _shown(blocks, sample_rate, seconds):
    for block in blocks:
        yield block
        seconds.add(len(block) / sample_rate)
