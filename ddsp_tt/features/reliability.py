"""Which frames of a recording hold one sure pitch, so that a model can learn from them."""

import numpy as np
from scipy import ndimage

from audio_tt.pitch import polyphony
from ddsp_tt.features.rates import MEASURING_RATE

# Median confidence over `_SPAN_SECONDS`; pYIN's is a probability that is low for breathy notes too.
_SURE = {"crepe": 0.5, "pyin": 0.1, "yin": 0.5}
_SPAN_SECONDS = 0.1  # shorter doubts, as at an onset, are part of how an instrument sounds
_ONE_NOTE = 0.4  # share of the amplitude that one note may leave over
_AUDIBLE_DB = 35.0  # below the loud frames; what is softer is a rest, and learned as one
_RAMP_SECONDS = 0.02


def frame_weight(
    audio: np.ndarray,
    f0_confidence: np.ndarray,
    loudness_db: np.ndarray,
    frame_rate: int,
    method: str = "crepe",
) -> np.ndarray:
    """The weight of each frame of a recording in the loss.

    It is 0 where something sounds, but the tracker is in doubt for a tenth of a second or more, or
    several pitches sound at once (double stops); with ramps of 20 ms to 1 elsewhere.

    Args:
      audio: `[samples]` at 16 kHz.
      f0_confidence: `[frames]`, 0 to 1.
      loudness_db: `[frames]`.
      frame_rate: of both, frames a second.
      method: the tracker whose confidence it is, see `audio_tt.pitch.tracking.track`.

    Returns:
      float32 `[frames]`, 0 to 1.
    """
    span = 2 * round(_SPAN_SECONDS * frame_rate / 2) + 1
    doubtful = ndimage.median_filter(f0_confidence, span, mode="nearest") < _SURE[method]
    doubtful |= _has_several_pitches(audio, len(f0_confidence), frame_rate)
    doubtful &= loudness_db > np.percentile(loudness_db, 95) - _AUDIBLE_DB
    ramp = 2 * round(_RAMP_SECONDS * frame_rate / 2) + 1
    left_out = ndimage.maximum_filter1d(doubtful.astype(np.float32), ramp)
    return 1.0 - ndimage.uniform_filter1d(left_out, ramp)


def _has_several_pitches(audio, n_frames, frame_rate):
    """Bool `[frames]`; a single stretch among others of one pitch does not count."""
    shares = np.nan_to_num(polyphony.left_over_shares(audio, MEASURING_RATE))
    several = ndimage.median_filter(shares, 3, mode="nearest") > _ONE_NOTE
    stretch = np.arange(n_frames) / frame_rate / polyphony.STRETCH_SECONDS - 2
    return several[np.clip(np.rint(stretch), 0, len(several) - 1).astype(int)]
