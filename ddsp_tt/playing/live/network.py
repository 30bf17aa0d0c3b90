"""Decoder and encoder of a trained model in numpy, where a Keras call for a frame costs too much.

The weights are copied when the object is made.
"""

import keras
import numpy as np

from audio_tt.dsp.windows import window_values
from audio_tt.errors import UserError
from audio_tt.pitch import crepe
from ddsp_tt.models.crepe_encoder import QUIETEST, SOURCE
from ddsp_tt.models.gru import Gru

_SLOPE = 0.2


def _array(variable):
    return keras.ops.convert_to_numpy(variable)


def _sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


class _Stack:
    """Dense layers, each with layer norm and leaky ReLU, as `decoders.fc_stack` makes them."""

    def __init__(self, layer):
        layers = getattr(layer, "layers", [])  # a stack of none is an Identity
        self._steps = [
            (_array(dense.kernel), _array(dense.bias), _array(norm.gamma), _array(norm.beta))
            for dense, norm in zip(layers[::3], layers[1::3], strict=True)
        ]
        self._epsilon = layers[1].epsilon if layers else 0.0

    def __call__(self, x):
        for kernel, bias, gamma, beta in self._steps:
            x = x @ kernel + bias
            x = x - x.mean(axis=-1, keepdims=True)
            deviation = np.sqrt((x * x).mean(axis=-1, keepdims=True) + self._epsilon)
            x = x / deviation * gamma + beta
            x = np.maximum(x, _SLOPE * x)
        return x


class LiveDecoder:
    """An `RnnFcDecoder` that carries its state from call to call.

    Args:
      decoder: the layer, built.

    Raises:
      UserError: its recurrent layer is no GRU.
    """

    def __init__(self, decoder):
        if not isinstance(decoder.rnn, Gru):
            raise UserError(f"a decoder with rnn_type = {decoder.rnn_type!r} cannot be played live")
        self.input_keys = decoder.input_keys
        self._splits = decoder.output_splits
        self._stacks = [_Stack(stack) for stack in decoder.input_stacks]
        self._kernel = _array(decoder.rnn.kernel)
        self._recurrent_kernel = _array(decoder.rnn.recurrent_kernel)
        self._bias, self._recurrent_bias = _array(decoder.rnn.bias)
        self._out_stack = _Stack(decoder.out_stack)
        self._out = _array(decoder.dense_out.kernel), _array(decoder.dense_out.bias)
        self._state = np.zeros(decoder.rnn.units, "float32")

    def __call__(self, features):
        """Raw outputs by name, `[frames, size]`, of the next frames `[frames, channels]`."""
        inputs = [
            stack(features[key].astype("float32"))
            for stack, key in zip(self._stacks, self.input_keys, strict=True)
        ]
        x = np.concatenate(inputs, axis=-1)
        x = self._out_stack(np.concatenate([*inputs, self._recur(x)], axis=-1))
        raw = x @ self._out[0] + self._out[1]
        ends = np.cumsum([size for _, size in self._splits])
        names = [name for name, _ in self._splits]
        return dict(zip(names, np.split(raw, ends[:-1], axis=-1), strict=True))

    def _recur(self, x):
        units = len(self._state)
        states = np.empty((len(x), units), "float32")
        state = self._state
        for i, projected in enumerate(x @ self._kernel + self._bias):
            recurrent = state @ self._recurrent_kernel + self._recurrent_bias
            gates = _sigmoid(projected[: 2 * units] + recurrent[: 2 * units])
            update, reset = gates[:units], gates[units:]
            candidate = np.tanh(projected[2 * units :] + reset * recurrent[2 * units :])
            state = states[i] = candidate + update * (state - candidate)
        self._state = state
        return states


class LiveEncoder:
    """A `CrepeEncoder`: latents of frames of audio, each by itself.

    Args:
      encoder: the layer, built.
    """

    before, after = crepe.FRAME_LENGTH // 2, crepe.FRAME_LENGTH // 2

    def __init__(self, encoder):
        self.hop_length = encoder.hop_length
        self.windowed = encoder.windowed
        self._normalize = encoder.normalize_frames
        self._window = np.float32(1.0)
        if encoder.windowed:
            self._window = window_values("hann", crepe.FRAME_LENGTH).astype("float32")
        layers = encoder.trunk.layers
        convolutions = [x for x in layers if isinstance(x, keras.layers.Conv1D)]
        norms = [x for x in layers if isinstance(x, keras.layers.BatchNormalization)]
        self._convolutions = [_Convolution(*pair) for pair in zip(convolutions, norms, strict=True)]
        self._out = _array(encoder.dense_out.kernel), _array(encoder.dense_out.bias)
        self._mean, self._deviation = np.float32(0.0), np.float32(1.0)
        if encoder.z_norm is not None:
            self._mean = _array(encoder.z_norm.mean)[SOURCE]
            self._deviation = np.sqrt(_array(encoder.z_norm.variance)[SOURCE] + 1e-5)

    def __call__(self, audio):
        """Latents `[latents, z_dims]` of the frames in audio `[samples]`."""
        frames = np.lib.stride_tricks.sliding_window_view(audio, crepe.FRAME_LENGTH)
        x = frames[:: self.hop_length]
        if self._normalize:
            x = x - x.mean(axis=1, keepdims=True)
            x = x / np.maximum(x.std(axis=1, keepdims=True), QUIETEST)
        x = (x * self._window)[..., None]
        for convolution in self._convolutions:
            x = convolution(x)
        z = x.reshape(len(x), -1) @ self._out[0] + self._out[1]
        return (z - self._mean) / self._deviation


class _Convolution:
    """Convolution with 'same' padding, ReLU, batch normalisation and pooling of pairs."""

    def __init__(self, layer, norm):
        self._kernel = _array(layer.kernel)
        self._bias = _array(layer.bias)
        self._stride = layer.strides[0]
        mean, variance = _array(norm.moving_mean), _array(norm.moving_variance)
        self._scale = _array(norm.gamma) / np.sqrt(variance + norm.epsilon)
        self._shift = _array(norm.beta) - mean * self._scale

    def __call__(self, x):
        """`[frames, positions, channels]` to half as many positions as the stride leaves."""
        width = len(self._kernel)
        n_out = -(-x.shape[1] // self._stride)
        missing = (n_out - 1) * self._stride + width - x.shape[1]
        x = np.pad(x, ((0, 0), (missing // 2, missing - missing // 2), (0, 0)))
        patches = np.lib.stride_tricks.sliding_window_view(x, width, axis=1)[:, :: self._stride]
        # [frames, positions, channels, taps]
        x = np.tensordot(patches, self._kernel, axes=([3, 2], [0, 1])) + self._bias
        x = np.maximum(x, 0.0) * self._scale + self._shift
        return x.reshape(len(x), n_out // 2, 2, -1).max(axis=2)
