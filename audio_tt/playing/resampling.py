"""A stream of sound at another sample rate."""

import math
from collections.abc import Iterable, Iterator

import numpy as np


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
