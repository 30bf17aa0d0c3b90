"""The recurrent decoder of the DDSP autoencoder (appendix B.1)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.dsp.units import db_to_amplitude
from audio_tt.tensors import Tensor
from ddsp_tt.models.gru import Gru
from ddsp_tt.synthesis.saving import Saved


def fc_stack(channels: int, n_layers: int, name: str) -> keras.layers.Layer:
    """`n_layers` of dense -> layer norm -> leaky ReLU (slope 0.2); of none, nothing happens."""
    if n_layers == 0:
        return keras.layers.Identity(name=name)
    layers = []
    for i in range(n_layers):
        layers += [
            keras.layers.Dense(channels, name=f"{name}_dense_{i}"),
            keras.layers.LayerNormalization(name=f"{name}_norm_{i}"),
            keras.layers.LeakyReLU(negative_slope=0.2, name=f"{name}_relu_{i}"),
        ]
    return keras.Sequential(layers, name=name)


def _initial_bias(output_splits, harmonic_slope):
    """Zeros, and what `exp_sigmoid` makes harmonics on a slope of: its inverse."""
    biases = {key: np.zeros(size, "float32") for key, size in output_splits}
    if "harmonic_distribution" in biases:
        octaves = np.log2(np.arange(1, len(biases["harmonic_distribution"]) + 1))
        root = 0.5 * db_to_amplitude(harmonic_slope * octaves / math.log(10.0))
        biases["harmonic_distribution"][:] = np.log(root / (1.0 - root))
    return np.concatenate(list(biases.values()))


@gin.register(module="ddsp_tt.decoders")
class RnnFcDecoder(Saved, keras.layers.Layer):
    """A stack for each input, a recurrent layer over all, a stack and a dense layer out.

    Args:
      rnn_channels: units of the recurrent layer.
      rnn_type: "gru" or "lstm".
      ch: units of each dense layer.
      layers_per_stack: dense layers a stack.
      input_keys: features to read, `[batch, frames, channels]` each, in this order.
      output_splits: pairs of a name and a number of channels.
      stateless: take the recurrent state from `features["state"]` and give back the new one as
        output "state", for block-wise use.
      harmonic_slope: dB an octave by which "harmonic_distribution" falls before training. At 0, as
        published, all harmonics are equal; where most of them are above what the instrument has,
        as at 48 kHz, training then silences them all and only the noise learns.
      name: name of the layer.
    """

    def __init__(
        self,
        rnn_channels: int = 512,
        rnn_type: str = "gru",
        ch: int = 512,
        layers_per_stack: int = 3,
        input_keys: Sequence[str] = ("ld_scaled", "f0_scaled", "z"),
        output_splits: Sequence[tuple[str, int]] = (("amps", 1), ("harmonic_distribution", 40)),
        stateless: bool = False,
        harmonic_slope: float = 0.0,
        name: str = "decoder",
    ):
        super().__init__(name=name)
        if rnn_type not in ("gru", "lstm"):
            raise ValueError(f"rnn_type must be 'gru' or 'lstm', not {rnn_type!r}")
        self.rnn_type = rnn_type
        self.input_keys = tuple(input_keys)
        self.output_splits = tuple((key, int(size)) for key, size in output_splits)
        self.stateless = stateless
        self.input_stacks = [fc_stack(ch, layers_per_stack, f"{key}_stack") for key in input_keys]
        if rnn_type == "gru":
            self.rnn = Gru(rnn_channels, name="rnn")
        else:
            self.rnn = keras.layers.LSTM(
                rnn_channels, return_sequences=True, return_state=True, name="rnn"
            )
        self.out_stack = fc_stack(ch, layers_per_stack, "out_stack")
        bias = _initial_bias(self.output_splits, harmonic_slope)
        self.dense_out = keras.layers.Dense(
            len(bias), bias_initializer=keras.initializers.Constant(bias), name="dense_out"
        )

    def call(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Raw outputs by name, `[batch, frames, size]` each."""
        state = features.get("state") if self.stateless else None
        outputs, state = self.decode(features, state)
        if self.stateless:
            outputs["state"] = state
        return outputs

    def decode(
        self, features: Mapping[str, Tensor], state: Any = None
    ) -> tuple[dict[str, Tensor], Any]:
        """Outputs and the recurrent state after the last frame, so that a next block goes on.

        Args:
          features: dict that holds every input key.
          state: what the call before returned, or None for the start.
        """
        inputs = [
            stack(features[key])
            for stack, key in zip(self.input_stacks, self.input_keys, strict=True)
        ]
        x = ops.concatenate(inputs, axis=-1)
        if self.rnn_type == "gru":
            x, state = self.rnn(x, initial_state=state, return_state=True)
        else:
            x, *state = self.rnn(x, initial_state=state)
        x = self.dense_out(self.out_stack(ops.concatenate([*inputs, x], axis=-1)))
        outputs, start = {}, 0
        for key, size in self.output_splits:
            outputs[key] = x[..., start : start + size]
            start += size
        return outputs, state
