"""What is done to the samples of a file as a whole, decided before the first is given out."""

import dataclasses
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audio_tt.dsp.units import amplitude_to_db
from audio_tt.files import decoding, mono

PEAK = 0.999
# Above it (40 dB over full scale) no recorder goes, and samples are those of whole numbers.
_WHOLE_NUMBERS = 100.0
_OF_CODECS = 1.41  # peaks that a lossy codec makes of full scale
_FULL_SCALES = (2**15, 2**23, 2**31)


@dataclasses.dataclass(frozen=True)
class Treatment:
    """One gain, and one channel to be taken alone (None: their mean), for the whole of a file."""

    gain: float = 1.0
    channel: int | None = None

    def apply(self, blocks: Iterable[np.ndarray], to_mono: bool) -> Iterator[np.ndarray]:
        """Yields `[samples]` with `to_mono`, otherwise `[samples, channels]`."""
        for block in blocks:
            block = block if self.gain == 1.0 else block * np.float32(self.gain)
            yield mono.mix(block, self.channel) if to_mono else block


def decide(
    sound: decoding.Sound,
    to_mono: bool,
    blocks: Callable[[], Iterable[np.ndarray]],
    warn: Callable[[str], None],
) -> Treatment:
    """Runs through a file once, where it can be too loud or its channels can cancel.

    Args:
      sound: the file.
      to_mono: whether its channels will be mixed.
      blocks: gives its samples, `[samples, channels]`, from the beginning.
      warn: called with what is to be said.
    """
    mixes = to_mono and sound.channels > 1
    if not (mixes or sound.may_exceed):
        return Treatment()
    peak, powers = 0.0, mono.Powers()
    for block in blocks():
        peak = max(peak, float(np.abs(block).max()))
        if mixes:
            powers.add(block)
    channel = powers.chosen() if mixes else None
    if channel is not None:
        warn(mono.taken_alone(channel))
    return Treatment(_gain(peak, sound.is_lossy, warn), channel)


def _gain(peak, is_lossy, warn):
    if peak <= 1.0:
        return 1.0
    if peak > _WHOLE_NUMBERS:
        scale = next((scale for scale in _FULL_SCALES if peak <= scale), None)
        if scale is not None:
            bits = scale.bit_length()
            warn(f"its samples are on the scale of {bits}-bit numbers; divided by {scale}")
            return 1.0 / scale
    decibels = amplitude_to_db(peak / PEAK)
    if not is_lossy or peak > _OF_CODECS:
        warn(f"its peak is {peak:.3g} times full scale; turned down by {decibels:.1f} dB")
    return PEAK / peak
