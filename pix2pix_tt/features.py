"""Audio to slices of a logarithmic spectrogram and back (Pix2Pix-Timbre-Transfer)."""

import dataclasses

import gin
import numpy as np

from audio_tt.dsp import stft_blocks, windows
from audio_tt.errors import UserError
from audio_tt.setting_types import check_types

_PAD_MODES = ("reflect", "constant")


@gin.configurable(module="pix2pix_tt.features")
@dataclasses.dataclass(frozen=True)
class SliceSpectrogram:
    """Settings of the spectrogram, and the ways there and back.

    Attributes:
      sample_rate: Hz.
      n_fft: samples in a frame.
      hop_length: samples between two frames.
      window: as for `audio_tt.dsp.windows.window_values`.
      pad_mode: how the ends are padded, "reflect" or "constant".
      n_bins: the lowest bins, which the network sees; the others are silent in what comes back.
      slice_frames: frames in a slice.
      log_gain: the level of a magnitude m is log(1 + log_gain m) / log(1 + log_gain).
    """

    sample_rate: int = 44100
    n_fft: int = 1024
    hop_length: int = 512
    window: str = "hann_symmetric"
    pad_mode: str = "reflect"
    n_bins: int = 256
    slice_frames: int = 256
    log_gain: float = 65536.0

    def __post_init__(self):
        check_types(self)
        self._check(self.sample_rate > 0, "sample_rate", "above 0")
        self._check(self.n_fft > 0 and self.n_fft % 2 == 0, "n_fft", "even and above 0")
        self._check(0 < self.hop_length <= self.n_fft, "hop_length", "from 1 to n_fft")
        self._check(self.window in windows.NAMES, "window", f"one of {', '.join(windows.NAMES)}")
        self._check(self.pad_mode in _PAD_MODES, "pad_mode", f"one of {', '.join(_PAD_MODES)}")
        self._check(0 < self.n_bins <= self.n_fft // 2 + 1, "n_bins", "from 1 to n_fft / 2 + 1")
        self._check(self.slice_frames > 0, "slice_frames", "above 0")
        self._check(self.log_gain > 0.0, "log_gain", "above 0")

    def _check(self, is_right, name, wanted):
        if not is_right:
            value = getattr(self, name)
            raise UserError(f"SliceSpectrogram.{name} is {value!r}; it must be {wanted}")

    def encode(self, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Measures a recording.

        Args:
          audio: float32 `[samples]`, of any length.

        Returns:
          (slices, phase): float32 `[slices, n_bins, slice_frames, 1]` in -1..1, of which the last
          is filled up with -1, and the phase in radians, `[n_fft // 2 + 1, frames]`, that `decode`
          needs.

        Example:
          >>> tone = 0.1 * np.sin(2.0 * np.pi * 440.0 * np.arange(44100) / 44100)
          >>> slices, phase = SliceSpectrogram().encode(tone.astype("float32"))
          >>> slices.shape, phase.shape
          ((1, 256, 256, 1), (513, 87))
        """
        magnitude, phase = self.analyse(audio)
        return self.to_slices(self.to_level(magnitude)), phase

    def decode(
        self, slices: np.ndarray, phase: np.ndarray, length: int | None = None
    ) -> np.ndarray:
        """Audio of slices, with a phase that was measured elsewhere.

        Args:
          slices: `[slices, n_bins, slice_frames, 1]` in -1..1.
          phase: radians, `[n_fft // 2 + 1, frames]`.
          length: samples to return; what the frames hold, (frames - 1) * hop_length, by default.

        Returns:
          float32 `[samples]`.
        """
        level = self.from_slices(slices, phase.shape[1])
        return self.synthesise(self.from_level(level), phase, length)

    def analyse(self, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Magnitude `[n_bins, frames]` and phase `[n_fft // 2 + 1, frames]` of audio `[samples]`.

        A sine of amplitude 1 in the middle of a bin has magnitude 1. In double precision, without
        which the phase of quiet bins is noise of the arithmetic.
        """
        audio = np.asarray(audio, np.float32)
        audio = np.pad(audio, (0, max(0, self.n_fft - len(audio))))
        spectrum = np.concatenate(list(stft_blocks.analyse([audio], self, fill=False)), axis=-1)[0]
        return self.magnitude(spectrum), np.angle(spectrum)

    def magnitude(self, spectrum: np.ndarray) -> np.ndarray:
        """What the network sees of a transform `[..., n_fft // 2 + 1, frames]`, its lowest bins."""
        return np.abs(spectrum[..., : self.n_bins, :]) * np.float32(2.0 / self._window.sum())

    def spectrum(self, magnitude: np.ndarray, phase: np.ndarray) -> np.ndarray:
        """The transform of a magnitude `[..., n_bins, frames]` with a phase of no fewer bins.

        Returns:
          complex64 `[..., n_fft // 2 + 1, frames]`, 0 in the bins that the network does not see.
        """
        *outer, _, frames = magnitude.shape
        spectrum = np.zeros((*outer, self.n_fft // 2 + 1, frames), np.complex64)
        scale = self._window.sum() / 2.0
        spectrum[..., : self.n_bins, :] = (
            scale * magnitude * np.exp(1j * phase[..., : self.n_bins, :])
        )
        return spectrum

    def synthesise(
        self, magnitude: np.ndarray, phase: np.ndarray, length: int | None = None
    ) -> np.ndarray:
        """Audio of a magnitude `[n_bins, frames]` with a phase `[n_fft // 2 + 1, frames]`."""
        spectrum = self.spectrum(magnitude, phase)[None]
        audio = np.concatenate(list(stft_blocks.synthesise([spectrum], self)))[:, 0]
        length = (phase.shape[1] - 1) * self.hop_length if length is None else length
        return np.pad(audio[:length], (0, max(0, length - len(audio))))

    def to_level(self, magnitude: np.ndarray) -> np.ndarray:
        """Logarithmic level: 0 of silence, 1 of magnitude 1."""
        return np.log1p(self.log_gain * magnitude) / np.float32(np.log1p(self.log_gain))

    def from_level(self, level: np.ndarray) -> np.ndarray:
        """Inverse of `to_level`."""
        return np.expm1(level * np.float32(np.log1p(self.log_gain))) / np.float32(self.log_gain)

    def to_slices(self, level: np.ndarray) -> np.ndarray:
        """Cuts levels `[n_bins, frames]` to `[slices, n_bins, slice_frames, 1]`, 0..1 to -1..1."""
        missing = -level.shape[1] % self.slice_frames
        level = np.pad(level, ((0, 0), (0, missing)))
        slices = level.reshape(self.n_bins, -1, self.slice_frames).transpose(1, 0, 2)
        return 2.0 * slices[..., None] - 1.0

    def from_slices(self, slices: np.ndarray, n_frames: int) -> np.ndarray:
        """Inverse of `to_slices`, cut to the first `n_frames` frames: `[n_bins, n_frames]`."""
        joined = np.asarray(slices)[..., 0].transpose(1, 0, 2).reshape(self.n_bins, -1)
        return (joined[:, :n_frames] + 1.0) / 2.0

    @property
    def _window(self):
        return windows.window_values(self.window, self.n_fft)
