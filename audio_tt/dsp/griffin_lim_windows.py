"""The fast Griffin-Lim algorithm on spectra of any length, window by window."""

import dataclasses
import functools
from collections.abc import Iterator

import gin
import numpy as np

from audio_tt.dsp import overlapping
from audio_tt.setting_types import check_types


@gin.configurable(module="audio_tt.phase_windows")
@dataclasses.dataclass(frozen=True)
class GriffinLim:
    """The fast Griffin-Lim algorithm on audio of any length.

    It moves what it knows by a frame's length an iteration. Windows therefore overlap by twice the
    frames that any iteration can have reached from their ends, and the result is that of the whole.

    Attributes:
      n_iter: iterations.
      momentum: see `audio_tt.dsp.griffin_lim.griffin_lim`.
      window_frames: frames that are computed at once, besides those that overlap.
    """

    n_iter: int = 32
    momentum: float = 0.99
    window_frames: int = 512

    def __post_init__(self):
        check_types(self)

    def refine(self, spectra, features) -> Iterator[np.ndarray]:
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
        from audio_tt.dsp.griffin_lim import griffin_lim
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
