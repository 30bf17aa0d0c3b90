"""Frames of audio that comes in blocks of any size, in numpy."""

from collections.abc import Iterator

import numpy as np

BLOCK_FRAMES = 2048


class Framer:
    """Cuts a stream of audio into pieces that hold some whole frames each.

    Frame i begins `before` samples before sample i * hop_length; what lies outside the audio is
    zero. Audio of n samples has n // hop_length + 1 frames. Each piece stands for up to
    `block_frames` new frames, and where `margin` is set holds that many more on either side, as far
    as there are any. Memory does not grow with the audio.

    Args:
      frame_length: samples in a frame.
      hop_length: samples from one frame to the next.
      before: samples of a frame that lie before its time.
      margin: frames around a piece that its measure looks at.
      block_frames: frames in a piece.
    """

    def __init__(
        self,
        frame_length: int,
        hop_length: int,
        before: int,
        margin: int = 0,
        block_frames: int = BLOCK_FRAMES,
    ):
        self._length, self._hop = frame_length, hop_length
        self._before, self._margin, self._block = before, margin, block_frames
        self._audio = [np.zeros(before, "float32")]
        self._held = before  # samples in the buffer
        self._start = 0  # frame with which the buffer begins
        self._done = 0  # frames that were given
        self._samples = 0

    def push(self, audio: np.ndarray) -> Iterator[tuple[np.ndarray, slice]]:
        """Takes the next samples.

        Yields:
          A piece `[samples]`, and which of its frames are new.
        """
        self._samples += len(audio)
        for first in range(0, len(audio), self._block * self._hop):
            part = audio[first : first + self._block * self._hop]
            self._audio.append(np.asarray(part, "float32"))
            self._held += len(part)
            while self._held >= self._needed(self._done + self._block + self._margin):
                end = self._done + self._block
                yield self._piece(end, end + self._margin)

    def finish(self) -> Iterator[tuple[np.ndarray, slice]]:
        """Yields the pieces that are left, as `push` does; the audio ends here."""
        total = self._samples // self._hop + 1
        missing = self._needed(total) - self._held
        if missing > 0:
            self._audio.append(np.zeros(missing, "float32"))
            self._held += missing
        while self._done < total:
            end = min(self._done + self._block, total)
            yield self._piece(end, min(end + self._margin, total))

    def _needed(self, frames):
        """Samples from the buffer's beginning to the end of the last of so many frames."""
        return (frames - 1 - self._start) * self._hop + self._length

    def _piece(self, end, last):
        audio = self._audio[0] if len(self._audio) == 1 else np.concatenate(self._audio)
        piece = audio[: self._needed(last)]
        new = slice(self._done - self._start, end - self._start)
        start = max(end - self._margin, 0)
        # A copy, or each piece would keep all of what it was cut from.
        self._audio = [audio[(start - self._start) * self._hop :].copy()]
        self._held = len(self._audio[0])
        self._start, self._done = start, end
        return piece, new
