"""Audio to a logarithmic spectrogram, and back with a phase made up for it."""

import dataclasses

import gin
import numpy as np
from keras import ops

from audio_tt import phase


@gin.configurable(module="style_tt.features")
@dataclasses.dataclass(frozen=True)
class LogSpectrogram:
    """Settings of the spectrogram, and the ways there and back.

    Attributes:
      sample_rate: Hz.
      n_fft: samples in a frame.
      hop_length: samples between two frames.
      n_iter: iterations of Griffin-Lim on the way back.
      momentum: of Griffin-Lim; 0 is the algorithm of 1984.
    """

    sample_rate: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    n_iter: int = 500
    momentum: float = 0.0

    def encode(self, audio):
        """Measures a recording.

        Args:
          audio: float32 `[samples]`, of any length.

        Returns:
          log(1 + magnitude), float32 `[frames, n_fft // 2 + 1]`, frames = 1 + samples //
          hop_length.
        """
        from audio_tt.locked_librosa import librosa

        audio = np.asarray(audio, np.float32)
        audio = np.pad(audio, (0, max(0, self.n_fft - len(audio))))
        spectrum = librosa.stft(audio, n_fft=self.n_fft, hop_length=self.hop_length)
        return np.log1p(np.abs(spectrum)).T

    def decode(self, spectrogram, length=None, seed=0):
        """Audio of a spectrogram.

        Args:
          spectrogram: log(1 + magnitude), `[frames, n_fft // 2 + 1]`.
          length: samples to return; what the frames hold, (frames - 1) * hop_length, by default.
          seed: of the phase that Griffin-Lim starts from.

        Returns:
          float32 `[samples]`.
        """
        magnitude = np.expm1(np.maximum(spectrogram, 0.0))
        audio = phase.griffin_lim(
            magnitude,
            self.hop_length,
            n_iter=self.n_iter,
            momentum=self.momentum,
            seed=seed,
            length=length,
        )
        return ops.convert_to_numpy(audio)
