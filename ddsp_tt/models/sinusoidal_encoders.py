"""Encoders from audio to sinusoids and noise, and from sinusoids to harmonics of one pitch.

Of "Self-supervised Pitch Detection by Inverse Audio Synthesis" (Engel et al. 2020, ICML workshop)
and Magenta's `ddsp.training.encoders`, which calls them experimental.
"""

import functools
from collections.abc import Callable, Mapping, Sequence

import gin
import keras
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.features import spectral_ops
from ddsp_tt.models.decoders import fc_stack
from ddsp_tt.models.gru import Gru
from ddsp_tt.models.resnet import ResNet
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.saving import Saved

_register = gin.register(module="ddsp_tt.encoders")


@_register
class ResnetSinusoidalEncoder(Saved, keras.layers.Layer):
    """A spectrogram through a `ResNet`, and a dense layer for each output.

    Args:
      output_splits: pairs of a name and a number of channels.
      spectral_fn: audio `[batch, samples]` to `[batch, frames, bands]`; its hop is that of the
        outputs.
      size: of the `ResNet`. The original's default, "tiny", is no size that it knows.
      name: name of the layer.
    """

    def __init__(
        self,
        output_splits: Sequence[tuple[str, int]] = (
            ("frequencies", 100 * 64),
            ("amplitudes", 100),
            ("noise_magnitudes", 60),
        ),
        spectral_fn: Callable = spectral_ops.compute_logmel,
        size: str = "small",
        name: str = "sinusoidal_encoder",
    ):
        super().__init__(name=name)
        self.spectral_fn = core.resolved(spectral_fn)
        self.resnet = ResNet(size)
        self.dense_outs = {
            key: keras.layers.Dense(channels, name=f"{key}_out") for key, channels in output_splits
        }

    def call(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Raw outputs by name, `[batch, frames, channels]`, of `features["audio"]`."""
        x = self.resnet(self.spectral_fn(features["audio"]))
        x = ops.reshape(x, (-1, x.shape[1], x.shape[2] * x.shape[3]))
        return {key: dense(x) for key, dense in self.dense_outs.items()}


@gin.register(module="ddsp_tt.nn")
class RnnSandwich(Saved, keras.layers.Layer):
    """A recurrent layer between two stacks of dense layers.

    Args:
      fc_stack_ch: units of each dense layer.
      fc_stack_layers: dense layers a stack.
      rnn_ch: units of the recurrent layer.
      rnn_type: "gru" or "lstm".
      name: name of the layer.
    """

    def __init__(
        self,
        fc_stack_ch: int = 256,
        fc_stack_layers: int = 2,
        rnn_ch: int = 512,
        rnn_type: str = "gru",
        name: str = "rnn_sandwich",
    ):
        super().__init__(name=name)
        if rnn_type not in ("gru", "lstm"):
            raise ValueError(f"rnn_type must be 'gru' or 'lstm', not {rnn_type!r}")
        self.in_stack = fc_stack(fc_stack_ch, fc_stack_layers, "in_stack")
        if rnn_type == "gru":
            self.rnn = Gru(rnn_ch, name="rnn")
        else:
            self.rnn = keras.layers.LSTM(rnn_ch, return_sequences=True, name="rnn")
        self.out_stack = fc_stack(fc_stack_ch, fc_stack_layers, "out_stack")

    def call(self, x: Tensor) -> Tensor:
        """`[batch, frames, n]` to `[batch, frames, fc_stack_ch]`."""
        return self.out_stack(self.rnn(self.in_stack(x)))


@_register
class SinusoidalToHarmonicEncoder(Saved, keras.layers.Layer):
    """Sinusoids to the harmonics of one pitch.

    Args:
      net: layer from `[batch, frames, 2 * sinusoids]` to `[batch, frames, n]`.
      n_harmonics: harmonics.
      f0_depth: raw outputs from which `freq_scale_fn` makes the pitch.
      amp_scale_fn: makes amplitudes positive.
      freq_scale_fn: makes the pitch; None is `core.frequencies_softmax` from 20 to 1200 Hz.
      sample_rate: Hz.
      name: name of the layer.
    """

    def __init__(
        self,
        net: keras.layers.Layer | None = None,
        n_harmonics: int = 100,
        f0_depth: int = 64,
        amp_scale_fn: Callable | None = core.exp_sigmoid,
        freq_scale_fn: Callable | None = None,
        sample_rate: int = 16000,
        name: str = "harmonic_encoder",
    ):
        super().__init__(name=name, dtype="float32")  # hertz need all of it
        self.net = net
        self.amp_scale_fn = core.resolved(amp_scale_fn)
        self.freq_scale_fn = core.resolved(freq_scale_fn) or functools.partial(
            core.frequencies_softmax, depth=f0_depth, hz_min=20.0, hz_max=1200.0
        )
        self.sample_rate = sample_rate
        self.amp_out = keras.layers.Dense(1, dtype="float32", name="amp_out")
        self.hd_out = keras.layers.Dense(n_harmonics, dtype="float32", name="hd_out")
        self.f0_out = keras.layers.Dense(f0_depth, dtype="float32", name="f0_out")

    def call(self, sin_freqs: Tensor, sin_amps: Tensor) -> dict[str, Tensor]:
        """Pitch, amplitude and distribution of its harmonics.

        Args:
          sin_freqs: Hz, `[batch, frames, sinusoids]`.
          sin_amps: `[batch, frames, sinusoids]`.

        Returns:
          dict: `harm_amp` `[batch, frames, 1]`; `harm_dist` `[batch, frames, n_harmonics]`, which
          sums to 1 below Nyquist; `f0_hz` `[batch, frames, 1]`.
        """
        unit = core.hz_to_unit(sin_freqs, 0.0, self.sample_rate / 2.0)
        x = self.net(ops.concatenate([unit, sin_amps], axis=-1))
        f0_hz = self.freq_scale_fn(self.f0_out(x))
        distribution = self.amp_scale_fn(self.hd_out(x))
        return {
            "harm_amp": self.amp_scale_fn(self.amp_out(x)),
            "harm_dist": core.normalize_harmonics(distribution, f0_hz, self.sample_rate),
            "f0_hz": f0_hz,
        }
