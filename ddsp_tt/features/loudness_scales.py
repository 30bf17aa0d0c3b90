"""Which loudness a model learned from; the two that Magenta used are on different scales."""

import dataclasses
from collections.abc import Callable

from audio_tt.dsp import loudness
from audio_tt.errors import UserError


@dataclasses.dataclass(frozen=True)
class Loudness:
    """A definition of loudness.

    Attributes:
      measure: from audio `[..., samples]`, sample rate, frame rate, to dB `[..., frames]`, in
        Keras.
      of_frames: the same of frames `[frames, window_length]`, in numpy.
      window_length: samples in a frame, the default of `measure` for n_fft.
      range_db: silence is -range_db; the decoder's input is loudness / range_db + 1.
      centred: whether frame i is centred on sample i * hop_length; otherwise it begins there.
    """

    measure: Callable
    of_frames: Callable
    window_length: int
    range_db: float
    centred: bool


CONVENTIONS = {
    "ddsp3": Loudness(
        loudness.compute_loudness,
        loudness.loudness_of_frames,
        window_length=512,
        range_db=loudness.DB_RANGE,
        centred=True,
    ),
    "ddsp1": Loudness(
        loudness.compute_mean_log_loudness,
        loudness.mean_log_loudness_of_frames,
        window_length=2048,
        range_db=loudness.MEAN_LOG_RANGE,
        centred=False,
    ),
}
DEFAULT = "ddsp3"


def get(name: str) -> Loudness:
    """The convention of that name.

    Raises:
      UserError: there is none.
    """
    if name not in CONVENTIONS:
        known = " or ".join(CONVENTIONS)
        raise UserError(f"no loudness convention is called {name!r}: use {known}")
    return CONVENTIONS[name]
