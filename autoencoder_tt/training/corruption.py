"""Damage done to what the network reads, never to what it is to draw, for it to learn to repair."""

import dataclasses

import gin
import numpy as np

from audio_tt.dsp.units import db_to_power, power_to_db

_STRETCH = 12  # frames of an octave error or of a gap, on average


@gin.configurable(module="autoencoder_tt.corruption")
@dataclasses.dataclass(frozen=True)
class Corruption:
    """How often, and how badly; nothing at all by default.

    Attributes:
      noise_db: loudness of noise that is added in half of the stretches, (lowest, highest); None
        for no noise.
      octave_errors: share of the frames whose pitch is an octave too high or too low.
      gaps: share of the frames whose pitch is lost.
      dropped_harmonics: share of the picture's harmonics that are missing.
      jitter_cents: standard deviation of the pitch around the true one.
    """

    noise_db: tuple | None = None
    octave_errors: float = 0.0
    gaps: float = 0.0
    dropped_harmonics: float = 0.0
    jitter_cents: float = 0.0

    def of_playing(
        self,
        f0_hz: np.ndarray,
        voiced: np.ndarray,
        loudness_db: np.ndarray,
        random: np.random.Generator,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Corrupts pitch and loudness.

        Args:
          f0_hz: `[batch, frames]`.
          voiced: bool, the same shape.
          loudness_db: the same shape.
          random: `numpy.random.Generator`.

        Returns:
          The same three.
        """
        shape = f0_hz.shape
        if self.jitter_cents:
            f0_hz = f0_hz * 2.0 ** (random.normal(0.0, self.jitter_cents / 1200.0, shape))
        if self.octave_errors:
            wrong = _stretches(shape, self.octave_errors, random)
            octave = random.choice([0.5, 2.0], (shape[0], 1))
            f0_hz = np.where(wrong, f0_hz * octave, f0_hz)
        if self.gaps:
            voiced = voiced & ~_stretches(shape, self.gaps, random)
        if self.noise_db is not None:
            noise_db = random.uniform(*self.noise_db, (shape[0], 1))
            noise_db = np.where(random.random((shape[0], 1)) < 0.5, noise_db, -200.0)
            loudness_db = power_to_db(db_to_power(loudness_db) + db_to_power(noise_db))
        return f0_hz.astype(np.float32), voiced, loudness_db.astype(np.float32)

    def of_picture(
        self, inputs: np.ndarray, n_bins: int, random: np.random.Generator
    ) -> np.ndarray:
        """Takes harmonics out of the picture that the first `n_bins` channels of inputs are."""
        if not self.dropped_harmonics:
            return inputs
        # Harmonics are far enough apart for a band of a few bins to take out one of them.
        bands = random.random((*inputs.shape[:-2], 1, -(-n_bins // _BAND))) < self.dropped_harmonics
        inputs = inputs.copy()
        inputs[..., :n_bins] *= ~np.repeat(bands, _BAND, axis=-1)[..., :n_bins]
        return inputs


_BAND = 8  # bins


def _stretches(shape, share, random):
    """Bool `[batch, frames]`, True in stretches that cover about this share."""
    begins = random.random(shape) < share / _STRETCH
    inside = np.zeros(shape, bool)
    for row, frame in zip(*np.nonzero(begins), strict=True):
        inside[row, frame : frame + random.geometric(1.0 / _STRETCH)] = True
    return inside
