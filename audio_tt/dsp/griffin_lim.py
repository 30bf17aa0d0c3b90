"""Phase for magnitudes that have none: the fast Griffin-Lim algorithm.

`griffin_lim` works on a whole spectrum, `GriffinLim` on spectra of any length, window by window.
"""

import dataclasses
import functools
from collections.abc import Iterable, Iterator
from typing import Any

import gin
import numpy as np

from audio_tt.dsp import overlapping
from audio_tt.setting_types import check_types
from audio_tt.tensors import Tensor

_TINY = 1e-30


@gin.configurable(module="audio_tt.phase_windows")
@dataclasses.dataclass(frozen=True)
class GriffinLim:
    """The fast Griffin-Lim algorithm on audio of any length.

    It moves what it knows by a frame's length an iteration. Windows therefore overlap by twice the
    frames that any iteration can have reached from their ends, and the result is that of the whole.

    Attributes:
      n_iter: iterations.
      momentum: see `griffin_lim`.
      window_frames: frames that are computed at once, besides those that overlap.
    """

    n_iter: int = 32
    momentum: float = 0.99
    window_frames: int = 512

    def __post_init__(self):
        check_types(self)

    def refine(self, spectra: Iterable[np.ndarray], features: Any) -> Iterator[np.ndarray]:
        """Replaces the phase of spectra by one that fits their magnitude, starting from theirs.

        Args:
          spectra: iterable of complex `[channels, n_fft // 2 + 1, frames]`.
          features: what has `n_fft`, `hop_length` and `window` (`audio_tt.dsp.stft`).

        Yields:
          complex64 `[channels, n_fft // 2 + 1, frames]`.
        """
        neighbours = -(-features.n_fft // features.hop_length) - 1  # that a frame overlaps
        reach = (self.n_iter + 1) * neighbours
        yield from overlapping.through_windows(
            spectra,
            self.window_frames + 2 * reach,
            2 * reach,
            functools.partial(self._refine_window, features, neighbours),
            overlapping.switch,
            fill=False,
        )

    def _refine_window(self, features, neighbours, spectrum):
        from audio_tt.dsp.stft import stft

        n_frames = spectrum.shape[-1]
        # Silence follows, also where the window ends with the recording.
        spectrum = np.pad(spectrum, ((0, 0), (0, 0), (0, neighbours)))
        target = np.abs(spectrum).transpose(0, 2, 1)
        options = {"n_fft": features.n_fft, "window": features.window}
        audio = griffin_lim(
            target,
            features.hop_length,
            self.n_iter,
            momentum=self.momentum,
            init=np.angle(spectrum).transpose(0, 2, 1),
            **options,
        )
        real, imag = map(np.asarray, stft(audio, hop_length=features.hop_length, **options))
        phase = np.arctan2(imag, real)
        refined = (target * np.exp(1j * phase)).transpose(0, 2, 1).astype(np.complex64)
        return refined[..., :n_frames]


def griffin_lim(
    magnitude: Tensor,
    hop_length: int,
    n_iter: int = 32,
    n_fft: int | None = None,
    window: str | np.ndarray = "hann",
    momentum: float = 0.99,
    init: str | np.ndarray = "random",
    seed: int = 0,
    length: int | None = None,
) -> Tensor:
    """Audio whose spectrogram comes near the given one.

    The fast Griffin-Lim algorithm of Perraudin, Balazs and Soendergaard (2013), on centred frames
    padded with zeros. The same input and seed give the same audio.

    Args:
        magnitude: [..., frames, bins], not negative.
        hop_length: samples between the starts of two frames.
        n_iter: iterations.
        n_fft: samples in a frame, 2 * (bins - 1) by default.
        window: as for `audio_tt.dsp.stft.stft`.
        momentum: 0 is the algorithm of Griffin and Lim (1984), 0.99 converges best.
        init: "random", or the phase to start from, radians, shaped like `magnitude`.
        seed: of the random start.
        length: samples to return; what the frames hold by default.

    Returns:
        float32 [..., samples].
    """
    from keras import ops

    magnitude = ops.convert_to_tensor(magnitude, "float32")
    n_fft = n_fft or 2 * (magnitude.shape[-1] - 1)
    if isinstance(init, str):
        if init != "random":
            raise ValueError(f"unknown start {init!r}: give 'random' or an array of phases")
        init = np.random.default_rng(seed).uniform(-np.pi, np.pi, tuple(magnitude.shape))
    phase = ops.convert_to_tensor(init, "float32")
    if not isinstance(window, str):
        window = tuple(np.asarray(window, np.float64).tolist())
    run = _compiled(n_fft, hop_length, window, n_iter, float(momentum), length)
    return run(magnitude, phase)


@functools.lru_cache(maxsize=16)
def _compiled(n_fft, hop_length, window, n_iter, momentum, length):
    """The whole loop for one setting, compiled by the backend at hand."""
    from keras import ops

    from audio_tt.dsp.stft import istft, stft
    from audio_tt.models.compilation import compiled

    options = {"hop_length": hop_length, "n_fft": n_fft, "window": window}
    overshoot = momentum / (1.0 + momentum)

    def step(magnitude, real, imag, last_real, last_imag):
        inner = hop_length * (magnitude.shape[-2] - 1)
        audio = istft(magnitude * real, magnitude * imag, length=length or inner, **options)
        new_real, new_imag = stft(audio, **options)
        missing = magnitude.shape[-2] - new_real.shape[-2]
        if missing:
            new_real, new_imag = _fit(new_real, missing), _fit(new_imag, missing)
        real = new_real - overshoot * last_real
        imag = new_imag - overshoot * last_imag
        scale = 1.0 / ops.sqrt(ops.maximum(real * real + imag * imag, _TINY))
        return real * scale, imag * scale, new_real, new_imag

    def run(magnitude, phase):
        nothing = ops.zeros_like(magnitude)
        real, imag, _, _ = ops.fori_loop(
            0,
            n_iter,
            lambda _, state: step(magnitude, *state),
            (ops.cos(phase), ops.sin(phase), nothing, nothing),
        )
        return istft(magnitude * real, magnitude * imag, length=length, **options)

    return compiled(run)


def _fit(spectrum, missing):
    from keras import ops

    if missing < 0:
        return spectrum[..., :missing, :]
    return ops.pad(spectrum, [(0, 0)] * (spectrum.ndim - 2) + [(0, missing), (0, 0)])
