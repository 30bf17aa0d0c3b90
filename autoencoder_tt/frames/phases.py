"""Where Griffin-Lim starts from: the phases that the harmonics of a voice have, or any."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

HARMONICS, RANDOM = "harmonics", "random"
_NOISE = 0.5  # of the picture: 40 dB below a harmonic, phase is that of noise


def with_phase(
    drawn: Iterable[tuple[np.ndarray, np.ndarray]],
    measured: Any,
    features: Any,
    method: str,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """Gives magnitudes a phase to start from.

    Args:
      drawn: iterable of (magnitude, picture of the pitch) `[n_bins, frames]`.
      measured: what was drawn.
      features: a `FrameSpectrogram`.
      method: `HARMONICS` or `RANDOM`.
      seed: of random phase.

    Yields:
      complex64 `[1, n_bins, frames]`.
    """
    f0_hz = measured["f0_hz"].astype(np.float64)
    middles = np.concatenate([f0_hz[:1], (f0_hz[:-1] + f0_hz[1:]) / 2])
    cycles = np.cumsum(middles * (features.hop_length / features.sample_rate))
    bins = np.arange(features.n_bins)
    random, start = np.random.default_rng(seed), 0
    for magnitude, picture in drawn:
        here = slice(start, start + magnitude.shape[1])
        start = here.stop
        phase = random.uniform(-np.pi, np.pi, magnitude.T.shape).T
        if method == HARMONICS:
            spacing = np.maximum(f0_hz[here], 1.0) * (features.n_fft / features.sample_rate)
            number = np.maximum(np.rint(bins[:, None] / spacing), 1.0)
            # A frame begins half its length before its middle: half a cycle for each bin.
            sines = 2.0 * np.pi * ((number * cycles[here]) % 1.0 - 0.5 * (bins[:, None] % 2))
            phase = np.where(picture > _NOISE, sines, phase)
        yield (magnitude * np.exp(1j * phase)).astype(np.complex64)[None]
