"""The phase of a spectrogram that a network has drawn."""

from collections.abc import Iterable, Iterator

import numpy as np

from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.errors import UserError
from pix2pix_tt.features import SliceSpectrogram

METHODS = ("input", "griffin_lim", "zero", "random")


def with_phase(
    method: str,
    pairs: Iterable[tuple[np.ndarray, np.ndarray]],
    features: SliceSpectrogram,
    griffin_lim: GriffinLim,
    seed: int = 0,
) -> Iterator[np.ndarray]:
    """Gives magnitudes a phase.

    Args:
      method: "input", that of the recording; "griffin_lim", which starts there; "zero"; or
        "random".
      pairs: iterable of (magnitude `[channels, n_bins, frames]`, the recording's transform
        `[channels, n_fft // 2 + 1, frames]`).
      features: of the spectrogram.
      griffin_lim: the settings of "griffin_lim".
      seed: of the random phase.

    Yields:
      complex64 `[channels, n_fft // 2 + 1, frames]`.

    Raises:
      UserError: the method is not known.
    """
    check([method])
    if method == "griffin_lim":
        spectra = with_phase("input", pairs, features, griffin_lim)
        yield from griffin_lim.refine(spectra, features)
        return
    generators = {}
    for magnitude, spectrum in pairs:
        if method == "input":
            phase = np.angle(spectrum)
        elif method == "zero":
            phase = np.zeros_like(magnitude)
        else:
            phase = np.stack(
                [
                    _random(generators.setdefault(i, np.random.default_rng((seed, i))), channel)
                    for i, channel in enumerate(magnitude)
                ]
            )
        yield features.spectrum(magnitude, phase)


def check(methods: Iterable[str]) -> None:
    """Raises UserError where one of these methods is not known."""
    for method in methods:
        if method not in METHODS:
            raise UserError(f"unknown phase {method!r}; use {', '.join(METHODS)}")


def _random(generator, magnitude):
    """The same for a frame however many frames come at once."""
    return generator.uniform(-np.pi, np.pi, magnitude.T.shape).T
