"""A stream of frames through windows that overlap, joined so that no seam is heard."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audio_tt.errors import UserError


def through_windows(
    blocks: Iterable[np.ndarray],
    size: int,
    overlap: int,
    process: Callable[[np.ndarray], np.ndarray],
    fade: Callable[[int], np.ndarray],
    fill: bool = True,
) -> Iterator[np.ndarray]:
    """Processes frames in windows of one size.

    Args:
      blocks: iterable of arrays `[..., frames]`, of any numbers of frames.
      size: frames in a window.
      overlap: frames that a window shares with the one before it; the last one, which is moved to
        where the frames end, may share more. With 0 it is filled up with zeros instead, as a
        window is that is longer than all frames.
      process: function of an array `[..., size]` that returns one of as many frames.
      fade: function of the number of frames that two neighbours share, which returns the weight of
        the later one, `[frames]` in 0..1; the earlier one has the rest.
      fill: whether a window that is longer than all frames is filled up with zeros; otherwise that
        one window is shorter.

    Yields:
      Arrays `[..., frames]`, as many frames as there were.

    Raises:
      UserError: `overlap` is not from 0 to `size - 1`.
    """
    if not 0 <= overlap < size:
        raise UserError(f"{overlap} frames cannot overlap in slices of {size}; use 0 to {size - 1}")
    joined = None  # what is known from the last window's first frame on
    for shift, window, length in _windows(blocks, size, overlap):
        whole = fill or length == size
        output = process(window if whole else window[..., :length])[..., :length]
        if joined is None:
            joined = output
            continue
        yield joined[..., :shift]
        before = joined[..., shift:]
        count = before.shape[-1]
        weight = fade(count)
        mixed = (1.0 - weight) * before + weight * output[..., :count]
        joined = np.concatenate([mixed, output[..., count:]], axis=-1, dtype=output.dtype)
    if joined is not None:
        yield joined


def smooth(count: int) -> np.ndarray:
    """From 0 to 1 along the square of a sine."""
    return np.sin(np.pi / 2 * (np.arange(count, dtype=np.float32) + 0.5) / count) ** 2


def switch(count: int) -> np.ndarray:
    """From 0 to 1 at once, in the middle."""
    return (np.arange(count) >= count // 2).astype(np.float32)


def _windows(blocks, size, overlap):
    """Yields (frames from the last window's start to this one's, the window, its true length)."""
    held, offset = None, 0  # frames from the last window's start on; where the next one starts
    for block in blocks:
        held = block if held is None else np.concatenate([held, block], axis=-1)
        while held.shape[-1] - offset > size:
            held, shift = held[..., offset:], offset
            yield shift, held[..., :size], size
            offset = size - overlap
    if held is None:
        return
    if overlap and offset:
        offset = held.shape[-1] - size
    rest = held[..., offset:]
    missing = size - rest.shape[-1]
    yield offset, np.pad(rest, [(0, 0)] * (rest.ndim - 1) + [(0, missing)]), rest.shape[-1]


class Retaken:
    """Passes on arrays `[..., frames]`, whose frames can be taken again afterwards."""

    def __init__(self, blocks: Iterable[np.ndarray]):
        self._blocks, self._waiting = blocks, []

    def __iter__(self):
        for block in self._blocks:
            self._waiting.append(block)
            yield block

    def take(self, count: int) -> np.ndarray:
        """The next `count` frames of what was passed on."""
        joined = np.concatenate(self._waiting, axis=-1)
        self._waiting = [joined[..., count:]]
        return joined[..., :count]
