"""What is optimised: a logarithmic spectrogram, or the waveform itself; from audio and back."""

import dataclasses
from collections.abc import Iterable, Iterator

import gin
import numpy as np

from audio_tt.dsp import stft_blocks
from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.errors import UserError


@gin.configurable(module="style_tt.features")
@dataclasses.dataclass(frozen=True)
class LogSpectrogram:
    """log(1 + magnitude) of the short-time Fourier transform.

    Attributes:
      sample_rate: Hz.
      n_fft: samples in a frame.
      hop_length: samples between two frames.
      phase: "content" starts from the content's phase, "random" from none, before Griffin-Lim
        makes it fit.
      griffin_lim: its settings, of gin by default.
    """

    sample_rate: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    phase: str = "content"
    griffin_lim: GriffinLim = dataclasses.field(default_factory=GriffinLim)

    window = "hann"
    pad_mode = "constant"
    lowest = 0.0  # below it there is no magnitude

    def __post_init__(self):
        if self.phase not in ("content", "random"):
            raise UserError(f"LogSpectrogram.phase is content or random, not {self.phase!r}")

    @property
    def n_bins(self) -> int:
        """Bins of a frame."""
        return self.n_fft // 2 + 1

    @property
    def frequencies(self) -> np.ndarray:
        """Hz of every bin, `[bins]`."""
        return np.arange(self.n_bins) * self.sample_rate / self.n_fft

    def analyse(self, blocks: Iterable[np.ndarray], fill: bool = True) -> Iterator[np.ndarray]:
        """Transforms a recording, see `audio_tt.dsp.stft_blocks.analyse`.

        Args:
          blocks: iterable of float32 `[samples]` or `[samples, channels]`.
          fill: whether samples after the last whole hop get a frame.

        Yields:
          complex64 `[channels, bins, frames]`.
        """
        return stft_blocks.analyse(blocks, self, fill)

    def to_level(self, spectrum: np.ndarray) -> np.ndarray:
        """Levels, float32, shaped like the spectrum.

        Example:
          >>> LogSpectrogram().to_level(np.array([0.0, 1.0j]))
          array([0.       , 0.6931472], dtype=float32)
        """
        return np.log1p(np.abs(spectrum)).astype(np.float32)

    def with_dynamics(self, level: np.ndarray, original: np.ndarray) -> np.ndarray:
        """Levels whose every frame has the energy of another recording's.

        Args:
          level: `[channels, bins, frames]`.
          original: the other recording's, the same shape.

        Returns:
          float32, the same shape.
        """
        wanted, found = (np.expm1(np.maximum(x, 0.0)) for x in (original, level))
        target, own = (np.linalg.norm(x, axis=1, keepdims=True) for x in (wanted, found))
        gain = np.where(own > 1e-12, target / np.maximum(own, 1e-12), 0.0)
        return np.log1p(gain * found).astype(np.float32)

    def synthesise(
        self, pairs: Iterable[tuple[np.ndarray, np.ndarray]], seed: int = 0
    ) -> Iterator[np.ndarray]:
        """Audio of levels.

        Args:
          pairs: iterable of (levels, the content's spectrum), each `[channels, bins, frames]`.
          seed: of the random phase.

        Yields:
          float32 `[samples, channels]`.
        """
        rng = np.random.default_rng(seed)
        spectra = (self._with_phase(level, spectrum, rng) for level, spectrum in pairs)
        return stft_blocks.synthesise(self.griffin_lim.refine(spectra, self), self)

    def _with_phase(self, level, spectrum, rng):
        magnitude = np.expm1(np.maximum(level, 0.0))
        if self.phase == "content":
            angle = np.angle(spectrum)
        else:
            angle = rng.uniform(-np.pi, np.pi, magnitude.shape)
        return (magnitude * np.exp(1j * angle)).astype(np.complex64)


@gin.configurable(module="style_tt.features")
@dataclasses.dataclass(frozen=True)
class Waveform:
    """The samples as they are: frames of one value.

    Attributes:
      sample_rate: Hz.
    """

    sample_rate: int = 22050

    n_fft = 1
    hop_length = 1
    n_bins = 1
    lowest = None
    frequencies = None  # it has none to tell apart

    def analyse(self, blocks: Iterable[np.ndarray], fill: bool = True) -> Iterator[np.ndarray]:
        """Yields float32 `[channels, 1, samples]`."""
        for block in blocks:
            yield np.asarray(block, np.float32).reshape(len(block), -1).T[:, None]

    def to_level(self, spectrum: np.ndarray) -> np.ndarray:
        """The samples themselves."""
        return spectrum

    def with_dynamics(self, level: np.ndarray, original: np.ndarray) -> np.ndarray:
        """The levels as they are: a sample has no energy of its own to keep."""
        return level

    def synthesise(
        self, pairs: Iterable[tuple[np.ndarray, np.ndarray]], seed: int = 0
    ) -> Iterator[np.ndarray]:
        """Yields float32 `[samples, channels]` of what `analyse` gives."""
        for level, _ in pairs:
            yield level[:, 0].T
