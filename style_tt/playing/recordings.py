"""A recording that is read again and again, block by block, so that no length is too long."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from audio_tt.dsp.blocks import SIZE, Spooled, cut, first_samples
from audio_tt.files import io


@dataclasses.dataclass(frozen=True)
class Measures:
    """What is known of a recording once it was read.

    Attributes:
      samples: of each channel.
      channels: how many.
      peak: highest amplitude.
      rms: root mean square.
    """

    samples: int
    channels: int
    peak: float
    rms: float


class Recording:
    """Audio at one sample rate.

    Args:
      read: function without arguments that returns an iterable of float32 `[samples]` or
        `[samples, channels]`.
      name: for messages.

    Attributes:
      name: as given.
    """

    def __init__(self, read: Callable[[], Iterable[np.ndarray]], name: str):
        self._read = read
        self.name = str(name)

    @classmethod
    def from_file(
        cls, path: str | Path, sample_rate: int, mono: bool = False, seconds: float | None = None
    ) -> Self:
        """A sound file of any rate and length, of which the first seconds count where given."""

        def read():
            blocks = io.blocks(path, sample_rate, SIZE, mono)
            return (
                blocks if seconds is None else first_samples(blocks, round(seconds * sample_rate))
            )

        return cls(read, path)

    @classmethod
    def from_blocks(
        cls, blocks: Iterable[np.ndarray], spool: BinaryIO, name: str = "the recording"
    ) -> Self:
        """Blocks float32 `[samples]` or `[samples, channels]` that come only once.

        Args:
          blocks: iterable of them.
          spool: open, empty binary file that they wait in.
          name: for messages.
        """
        spooled = Spooled(blocks, spool)
        return cls(lambda: spooled, name)

    @classmethod
    def from_audio(cls, audio: np.ndarray, name: str = "the recording") -> Self:
        """float32 `[samples]` or `[samples, channels]` in memory, at the rate that is needed."""
        audio = np.asarray(audio, np.float32)
        return cls(lambda: cut(audio), name)

    def blocks(self, gain: float = 1.0) -> Iterator[np.ndarray]:
        """Yields float32 `[samples, channels]`, scaled."""
        for block in self._read():
            yield np.float32(gain) * block.reshape(len(block), -1)

    def measure(self) -> Measures:
        """Reads all of it and returns its `Measures`."""
        samples, channels, peak, square = 0, 1, 0.0, 0.0
        for block in self.blocks():
            samples += len(block)
            channels = block.shape[1]
            peak = max(peak, float(np.abs(block).max()))
            square += float(np.square(block, dtype=np.float64).sum())
        return Measures(samples, channels, peak, (square / max(1, samples * channels)) ** 0.5)


def whole_hops(blocks: Iterable[np.ndarray], hop_length: int) -> Iterator[np.ndarray]:
    """Passes on blocks `[samples, ...]`, without what comes after the last whole hop."""
    left = None
    for block in blocks:
        block = block if left is None else np.concatenate([left, block])
        whole = len(block) // hop_length * hop_length
        left = block[whole:]
        if whole:
            yield block[:whole]


def regrouped(blocks: Iterable[np.ndarray], size: float) -> Iterator[np.ndarray]:
    """Joins and cuts arrays `[..., frames]`: `size` frames each, the last up to half more.

    Where there are fewer than `size` frames in all there is one array; so no array is much shorter
    than the others.
    """
    held = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[-1]
        while 2 * count >= 3 * size:
            joined = np.concatenate(held, axis=-1)
            yield joined[..., :size]
            held, count = [joined[..., size:]], count - size
    if count:
        yield np.concatenate(held, axis=-1)


def block_layout(frames: int, size: int | None, overlap: int) -> tuple[int, int]:
    """Cuts frames into blocks of one size.

    Args:
      frames: how many there are.
      size: frames of a block at most; None for one block.
      overlap: frames that neighbours share.

    Returns:
      (number of blocks, frames of a block): the smallest size with which as many blocks will do.
    """
    if size is None or frames <= size:
        return 1, frames
    overlap = min(overlap, size - 1)
    count = -(-(frames - overlap) // (size - overlap))
    return count, -(-(frames + (count - 1) * overlap) // count)
