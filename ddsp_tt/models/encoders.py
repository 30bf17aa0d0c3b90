"""Encoders: from audio to the latent `z`, which says what pitch and loudness do not."""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.features import spectral_ops
from ddsp_tt.features.rates import MEASURING_RATE, measuring_audio
from ddsp_tt.models import long_encoding
from ddsp_tt.models.gru import Gru
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.saving import Saved

_MFCCS = 30
# Latent frames in four seconds at 16 kHz -> FFT size and overlap of the MFCCs.
_FRAMES = {
    63: (2048, 0.5),
    125: (1024, 0.5),
    250: (1024, 0.75),
    500: (512, 0.75),
    1000: (256, 0.75),
}


class InstanceNorm(Saved, keras.layers.Layer):
    """Each channel of each example to mean 0 and variance 1 over time, then scaled and shifted."""

    def build(self, shape: Sequence[int | None]) -> None:
        """Makes `scale` and `shift`, `[1, 1, 1, channels]` as in Magenta's checkpoints."""
        self.scale = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="zeros", name="shift")

    def call(self, x: Tensor) -> Tensor:
        """`[batch, frames, channels]` to the same shape."""
        mean, variance = ops.moments(x, axes=1, keepdims=True)
        return (x - mean) / ops.sqrt(variance + 1e-5) * self.scale[0] + self.shift[0]


@gin.register(module="ddsp_tt.encoders")
class MfccTimeDistributedRnnEncoder(Saved, keras.layers.Layer):
    """MFCCs through a recurrent layer (DDSP, appendix B.1).

    Args:
      rnn_channels: units of the recurrent layer.
      rnn_type: "gru" or "lstm".
      z_dims: channels of the latent.
      z_time_steps: latent frames in four seconds: 63, 125, 250, 500 or 1000.
      sample_rate: Hz; at 16000 it listens to `audio_16k` where the audio has another rate.
      name: name of the layer.
    """

    def __init__(
        self,
        rnn_channels: int = 512,
        rnn_type: str = "gru",
        z_dims: int = 32,
        z_time_steps: int = 250,
        sample_rate: int = 16000,
        name: str = "encoder",
    ):
        super().__init__(name=name)
        if z_time_steps not in _FRAMES:
            known = ", ".join(map(str, _FRAMES))
            raise UserError(f"z_time_steps must be one of {known}, not {z_time_steps}")
        self.fft_size, self.overlap = _FRAMES[z_time_steps]
        self.sample_rate = sample_rate
        self.rnn_type = rnn_type
        self.z_norm = InstanceNorm(name="z_norm")
        if rnn_type == "gru":
            self.rnn = Gru(rnn_channels, name="rnn")
        else:
            self.rnn = keras.layers.LSTM(
                rnn_channels, return_sequences=True, return_state=True, name="rnn"
            )
        self.dense_out = keras.layers.Dense(z_dims, name="dense_out")

    def build(self, shapes: Any) -> None:
        """Makes the weights, whose shapes do not depend on those of the features."""
        del shapes
        for layer, channels in (
            (self.z_norm, _MFCCS),
            (self.rnn, _MFCCS),
            (self.dense_out, self.rnn.units),
        ):
            layer.build((None, None, channels))

    def call(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Makes `{"z": [batch, frames, z_dims]}`, with the frames of `f0_scaled`.

        Args:
          features: `audio` `[batch, samples]` and `f0_scaled` `[batch, frames, 1]`.
        """
        z, _ = self.recur(self.z_norm(self.mfcc(self.choose_audio(features))))
        return {"z": core.resample(z, features["f0_scaled"].shape[1])}

    def measure(self, features: Mapping[str, np.ndarray], n_frames: int) -> np.ndarray:
        """Z `[n_frames, channels]` of a recording of any length, see `latent.measure`."""
        return long_encoding.measure(self, features, n_frames)

    def choose_audio(self, features: Mapping[str, Tensor]) -> Tensor:
        """The audio at the encoder's rate, of features that may hold a copy at 16 kHz."""
        if self.sample_rate == MEASURING_RATE:
            return measuring_audio(features)
        return features["audio"]

    def mfcc(self, audio: Tensor, pad_end: bool = True) -> Tensor:
        """What the latent is made of, `[batch, frames, 30]`, of audio `[batch, samples]`."""
        return spectral_ops.compute_mfcc(
            audio,
            lo_hz=20.0,
            hi_hz=8000.0,
            fft_size=self.fft_size,
            mel_bins=128,
            mfcc_bins=_MFCCS,
            overlap=self.overlap,
            pad_end=pad_end,
            sample_rate=self.sample_rate,
        )

    def recur(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Latent `[batch, frames, z_dims]` of normalised MFCCs, and the state after the last."""
        if self.rnn_type == "gru":
            x, state = self.rnn(x, initial_state=state, return_state=True)
        else:
            x, *state = self.rnn(x, initial_state=state)
        return self.dense_out(x), state
