"""An encoder with CREPE's architecture, whose latent, not a pitch, is what the decoder reads.

The idea is that of Guyomard 2023, "Applications of Deep Learning in Timbre Transfer" (whistle to
trumpet); CREPE is Kim et al. 2018, https://github.com/marl/crepe.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.dsp.stft import frame
from audio_tt.dsp.windows import window_values
from audio_tt.pitch import crepe
from audio_tt.tensors import Tensor
from ddsp_tt.features.rates import measuring_audio
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.saving import Saved

SOURCE, TARGET = 0, 1
QUIETEST = 1e-3  # standard deviation below which a frame fades out rather than being amplified
_MOMENTUM = 0.99
_BLOCK_LATENTS = 512


class DomainNorm(Saved, keras.layers.Layer):
    """Brings each channel to mean 0 and variance 1, by the statistics of one of two instruments.

    What is the same throughout an instrument's recordings is its timbre; what changes is how it is
    played. So the frozen encoder of one instrument is of use for another when each is seen from its
    own mean (adaptive batch normalisation, Li et al. 2016, arXiv:1603.04779).

    Attributes:
      domain: `SOURCE` or `TARGET`, whose statistics are gathered in training and used otherwise.
    """

    domain = SOURCE

    def build(self, shape: Sequence[int | None]) -> None:
        """Makes `mean` and `variance`, `[2, channels]`."""
        options = {"shape": (2, shape[-1]), "trainable": False}
        self.mean = self.add_weight(initializer="zeros", name="mean", **options)
        self.variance = self.add_weight(initializer="ones", name="variance", **options)

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        """`[batch, frames, channels]` to the same shape."""
        if not training:
            return (x - self.mean[self.domain]) / ops.sqrt(self.variance[self.domain] + 1e-5)
        mean, variance = ops.moments(x, axes=(0, 1))
        row = ops.one_hot(self.domain, 2)[:, None] * (1.0 - _MOMENTUM)
        self.mean.assign(self.mean + row * (ops.stop_gradient(mean) - self.mean))
        self.variance.assign(self.variance + row * (ops.stop_gradient(variance) - self.variance))
        return (x - mean) / ops.sqrt(variance + 1e-5)


@gin.register(module="ddsp_tt.encoders")
class CrepeEncoder(Saved, keras.layers.Layer):
    """Frames of 1024 samples through CREPE's convolutions to a latent, in the time domain.

    Args:
      filters: of each convolution; CREPE's own sizes are (128, 16, 16, 16, 32, 64) and multiples.
      z_dims: channels of the latent.
      hop_length: samples at 16 kHz from one latent frame to the next, a multiple of `frame_length`.
      frame_length: samples at 16 kHz a frame of the decoder.
      dropout: see `crepe.trunk`.
      normalize_frames: bring each frame to mean 0 and standard deviation 1, as CREPE does; the
        latent then does not know how loud it is.
      normalize_z: bring the latent to mean 0 and variance 1 for each instrument, see `DomainNorm`.
      windowed: Hann windows on the frames, and between latent frames a Hann crossfade in place of
        straight lines.
      name: name of the layer.
    """

    def __init__(
        self,
        filters: Sequence[int] = (128, 16, 16, 16, 32, 64),
        z_dims: int = 16,
        hop_length: int = 256,
        frame_length: int = 64,
        dropout: float = 0.25,
        normalize_frames: bool = True,
        normalize_z: bool = False,
        windowed: bool = False,
        name: str = "encoder",
    ):
        super().__init__(name=name)
        self.hop_length = hop_length
        self.frame_length = frame_length
        self.normalize_frames = normalize_frames
        self.windowed = windowed
        self.trunk = keras.Sequential(crepe.trunk(filters, dropout), name="trunk")
        self.dense_out = keras.layers.Dense(z_dims, name="dense_out")
        self.z_norm = DomainNorm(name="z_norm") if normalize_z else None

    def build(self, shapes: Any) -> None:
        """Makes the weights, whose shapes do not depend on those of the features."""
        del shapes
        self.trunk.build((None, crepe.FRAME_LENGTH))
        self.dense_out.build(self.trunk.output_shape)
        if self.z_norm is not None:
            self.z_norm.build((None, None, self.dense_out.units))

    def freeze_for_target(self) -> None:
        """Keeps the weights as they are; recordings seen from now on are the target's."""
        self.trainable = False
        if self.z_norm is not None:
            self.z_norm.domain = TARGET

    def call(self, features: Mapping[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        """Makes `{"z": [batch, frames, z_dims]}`, a frame for every `frame_length` samples.

        Args:
          features: `audio_16k`, or `audio` where that is at 16 kHz, `[batch, samples]`, a whole
            number of frames.
          training: drop values, and gather statistics.
        """
        audio = ops.convert_to_tensor(measuring_audio(features))
        n_samples = audio.shape[1]
        n_latents = -(-n_samples // self.hop_length)
        edges = self._edges(n_samples, n_latents)
        frames = frame(ops.pad(audio, ((0, 0), edges)), crepe.FRAME_LENGTH, self.hop_length)
        z = self.encode(frames[:, :n_latents], training)
        n_frames = n_latents * self.hop_length // self.frame_length
        z = core.resample(z, n_frames, "window" if self.windowed else "linear")
        return {"z": z[:, : n_samples // self.frame_length]}

    def measure(self, features: Mapping[str, np.ndarray], n_frames: int) -> np.ndarray:
        """The latent `[n_frames, z_dims]` of a recording of any length, a block at a time.

        Args:
          features: as for `call`, but `[samples]`.
          n_frames: frames of the result; the last is held where the audio is shorter.
        """
        audio = np.asarray(measuring_audio(features), "float32")
        n_latents = -(-len(audio) // self.hop_length)
        padded = np.pad(audio, self._edges(len(audio), n_latents))
        frames = np.lib.stride_tricks.sliding_window_view(padded, crepe.FRAME_LENGTH)
        frames = frames[:: self.hop_length][:n_latents]
        z = np.concatenate(
            [
                ops.convert_to_numpy(self.encode(frames[None, i : i + _BLOCK_LATENTS]))[0]
                for i in range(0, n_latents, _BLOCK_LATENTS)
            ]
        )
        position = np.arange(n_frames) * (self.frame_length / self.hop_length)
        index = np.minimum(position.astype(int), n_latents - 1)
        rest = np.minimum(position - index, 1.0)[:, None]
        if self.windowed:
            rest = 0.5 - 0.5 * np.cos(np.pi * rest)
        following = np.minimum(index + 1, n_latents - 1)
        return (z[index] * (1.0 - rest) + z[following] * rest).astype("float32")

    def _edges(self, n_samples, n_latents):
        """Zeros before and after audio, so that latent i is centred on sample i * hop_length."""
        after = (n_latents - 1) * self.hop_length + crepe.FRAME_LENGTH // 2 - n_samples
        return crepe.FRAME_LENGTH // 2, max(after, 0)

    def encode(self, frames: Tensor, training: bool = False) -> Tensor:
        """Frames `[batch, latents, 1024]` to `[batch, latents, z_dims]`."""
        if self.normalize_frames:
            frames = frames - ops.mean(frames, axis=-1, keepdims=True)
            frames = frames / ops.maximum(ops.std(frames, axis=-1, keepdims=True), QUIETEST)
        if self.windowed:
            frames = frames * window_values("hann", crepe.FRAME_LENGTH).astype("float32")
        # A frozen encoder stays as it is: no dropout, and batch normalisation by what it learned.
        z = self.trunk(
            ops.reshape(frames, (-1, crepe.FRAME_LENGTH)), training=training and self.trainable
        )
        z = ops.reshape(self.dense_out(z), (-1, frames.shape[1], self.dense_out.units))
        return z if self.z_norm is None else self.z_norm(z, training=training)
