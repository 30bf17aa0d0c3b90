"""Many channels as one: their mean, or the loudest where they cancel each other in it."""

import os

import numpy as np

from audio_tt.files.decoding import said_of

# Of the power that unrelated channels leave in their mean. Below it the channels are one sound
# with opposite signs, as when one wire of a balanced line is recorded on each.
_CANCELLED = 0.1
_AS_LOUD = 0.99  # of the loudest channel's power: rounding decides nothing


class Powers:
    """The power of channels and of their mean, of all blocks that went by."""

    def __init__(self):
        self._channels, self._mean = 0.0, 0.0

    def add(self, block: np.ndarray) -> None:
        """Takes in the next finite samples, `[samples, channels]`."""
        self._channels = self._channels + np.square(block, dtype=np.float64).sum(axis=0)
        self._mean += float(np.square(block.mean(axis=1), dtype=np.float64).sum())

    def chosen(self) -> int | None:
        """The channel to take by itself; None where the mean is what it should be."""
        powers = np.atleast_1d(self._channels)
        unrelated = powers.sum() / len(powers) ** 2
        if self._mean >= _CANCELLED * unrelated:
            return None
        return int((powers >= _AS_LOUD * powers.max()).argmax())


def mix(block: np.ndarray, channel: int | None) -> np.ndarray:
    """One channel of a block `[samples, channels]`, or the mean of all: float32 `[samples]`."""
    if block.shape[1] == 1:
        return block[:, 0]
    return block.mean(axis=1) if channel is None else np.ascontiguousarray(block[:, channel])


def to_mono(audio: np.ndarray, name: str | os.PathLike | None = "the recording") -> np.ndarray:
    """Makes one channel of a whole sound.

    Args:
      audio: float32 `[samples]` or `[samples, channels]`.
      name: for the warning where channels cancel, which is said once of it; None says nothing.

    Returns:
      float32 `[samples]`.
    """
    if audio.ndim == 1:
        return audio
    powers = Powers()
    powers.add(audio)
    channel = powers.chosen()
    if channel is not None and name is not None:
        said_of(name)(taken_alone(channel))
    return mix(audio, channel)


def taken_alone(channel: int) -> str:
    """What is to be said where one channel is taken; it is counted from 0 here."""
    return f"its channels cancel each other when they are mixed; channel {channel + 1} is taken"
