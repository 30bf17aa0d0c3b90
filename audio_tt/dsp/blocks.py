"""Audio of any length, in blocks `[samples]` or `[samples, channels]`."""

import math
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import numpy as np

SIZE = 65536  # samples of a block where nothing else asks for another number


def cut(audio: np.ndarray) -> Iterator[np.ndarray]:
    """Yields audio in memory in blocks of `SIZE` samples, the last one shorter."""
    for start in range(0, len(audio), SIZE):
        yield audio[start : start + SIZE]


def of_size(blocks: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Yields the same samples in blocks of `size`, the last one shorter."""
    waiting, count = [], 0
    for block in blocks:
        waiting.append(block)
        count += len(block)
        if count < size:
            continue
        joined = np.concatenate(waiting)
        whole = count - count % size
        yield from joined[:whole].reshape(-1, size, *joined.shape[1:])
        waiting, count = [joined[whole:].copy()], count - whole
    if count:
        yield np.concatenate(waiting)


def first_samples(blocks: Iterable[np.ndarray], count: int) -> Iterator[np.ndarray]:
    """Yields no more than the first `count` samples."""
    for block in blocks:
        yield block[:count]
        count -= len(block)
        if count <= 0:
            return


def silence(n_samples: int) -> Iterator[np.ndarray]:
    """Yields `n_samples` zeros, float32 `[samples]`."""
    for start in range(0, n_samples, SIZE):
        yield np.zeros(min(SIZE, n_samples - start), np.float32)


def resampled(blocks: Iterable[np.ndarray], sample_rate: int, wanted: int) -> Iterator[np.ndarray]:
    """Resamples a stream (soxr, HQ).

    Args:
      blocks: float32 `[samples]` or `[samples, channels]`, of any lengths.
      sample_rate: of the blocks, Hz.
      wanted: Hz.

    Yields:
      float32 blocks of the same kind; n samples become ceil(n * wanted / sample_rate) in all.
    """
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
        # soxr rounds the length to nearest: a few zeros more make sure of the last sample.
        tail = np.zeros((sample_rate // wanted + 2, *block.shape[1:]), np.float32)
        left = math.ceil(taken * wanted / sample_rate) - given
        yield resampler.resample_chunk(tail, last=True)[:left]


class Counted:
    """Passes on blocks and counts their samples.

    Attributes:
      n_samples: how many went through so far.
    """

    def __init__(self, blocks: Iterable[np.ndarray]):
        self._blocks, self.n_samples = blocks, 0

    def __iter__(self) -> Iterator[np.ndarray]:
        for block in self._blocks:
            self.n_samples += len(block)
            yield block


class Spooled:
    """Blocks that wait in a file, to be gone through as often as is needed.

    Args:
      blocks: float32 `[samples]` or `[samples, channels]`; all are taken at once.
      spool: open, empty binary file.
    """

    def __init__(self, blocks: Iterable[np.ndarray], spool: BinaryIO):
        self._spool, self._channels = spool, 1
        for block in blocks:
            self._channels = 1 if block.ndim == 1 else block.shape[1]
            spool.write(np.ascontiguousarray(block, np.float32).tobytes())

    def __iter__(self) -> Iterator[np.ndarray]:
        """Yields float32 `[samples, channels]`."""
        self._spool.seek(0)
        size = 4 * self._channels * SIZE
        for piece in iter(lambda: self._spool.read(size), b""):
            yield np.frombuffer(piece, np.float32).reshape(-1, self._channels)
