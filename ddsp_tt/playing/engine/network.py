"""Decoder and encoder of a model in numpy, where a Keras call for a frame costs too much."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from audio_tt.dsp.windows import window_values
from audio_tt.pitch import crepe

_SLOPE = 0.2  # of leaky ReLU


@dataclasses.dataclass(frozen=True)
class Stack:
    """Dense layers, each with layer norm and leaky ReLU, as `decoders.fc_stack` makes them.

    Attributes:
      steps: kernel, bias, gamma and beta of each.
      epsilon: of layer norm.
    """

    steps: tuple[tuple[np.ndarray, ...], ...]
    epsilon: float = 1e-3

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """`[frames, channels]` through all of them."""
        for kernel, bias, gamma, beta in self.steps:
            x = x @ kernel + bias
            x = x - x.mean(axis=-1, keepdims=True)
            deviation = np.sqrt((x * x).mean(axis=-1, keepdims=True) + self.epsilon)
            x = x / deviation * gamma + beta
            x = np.maximum(x, _SLOPE * x)
        return x


@dataclasses.dataclass(frozen=True)
class DecoderWeights:
    """What an `RnnFcDecoder` with a GRU is made of.

    Attributes:
      input_keys: features that it reads, in this order.
      output_splits: pairs of a name and a number of channels.
      stacks: one for each input.
      kernel: of the GRU, `[channels, 3 * units]`.
      recurrent_kernel: `[units, 3 * units]`.
      bias: `[2, 3 * units]`.
      out_stack: after the GRU.
      out: kernel and bias of the last layer.
    """

    input_keys: tuple[str, ...]
    output_splits: tuple[tuple[str, int], ...]
    stacks: tuple[Stack, ...]
    kernel: np.ndarray
    recurrent_kernel: np.ndarray
    bias: np.ndarray
    out_stack: Stack
    out: tuple[np.ndarray, np.ndarray]


class Decoder:
    """An `RnnFcDecoder` that carries its state from call to call.

    Args:
      weights: its weights.
    """

    def __init__(self, weights: DecoderWeights):
        self._weights = weights
        units = len(weights.recurrent_kernel)
        # sigmoid(x) = (1 + tanh(x / 2)) / 2: both gates take half of what the weights make.
        half = np.where(np.arange(3 * units) < 2 * units, 0.5, 1.0).astype("float32")
        self._kernel = weights.kernel * half
        self._recurrent_kernel = np.ascontiguousarray(weights.recurrent_kernel * half)
        self._bias, self._recurrent_bias = weights.bias * half
        self._state = np.zeros(units, "float32")

    def __call__(self, features: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Raw outputs by name, `[frames, size]`, of the next frames `[frames, channels]`."""
        weights = self._weights
        inputs = [
            stack(features[key].astype("float32"))
            for stack, key in zip(weights.stacks, weights.input_keys, strict=True)
        ]
        states = self._recur(np.concatenate(inputs, axis=-1))
        x = weights.out_stack(np.concatenate([*inputs, states], axis=-1))
        raw = x @ weights.out[0] + weights.out[1]
        ends = np.cumsum([size for _, size in weights.output_splits])
        names = [name for name, _ in weights.output_splits]
        return dict(zip(names, np.split(raw, ends[:-1], axis=-1), strict=True))

    def _recur(self, x):
        """States `[frames, units]`; every step writes into the same few arrays."""
        units = len(self._state)
        states = np.empty((len(x), units), "float32")
        projected = x @ self._kernel + self._bias
        # The reset gate acts on the candidate's recurrent part alone, bias included.
        projected[:, : 2 * units] += self._recurrent_bias[: 2 * units]
        candidate_bias = self._recurrent_bias[2 * units :]
        recurrent, state = np.empty(3 * units, "float32"), self._state
        gates, candidate = recurrent[: 2 * units], recurrent[2 * units :]
        update, reset = gates[:units], gates[units:]
        for frame, now in zip(projected, states, strict=True):
            np.dot(state, self._recurrent_kernel, out=recurrent)
            gates += frame[: 2 * units]
            np.tanh(gates, out=gates)
            gates *= 0.5
            gates += 0.5
            candidate += candidate_bias
            candidate *= reset
            candidate += frame[2 * units :]
            np.tanh(candidate, out=candidate)
            np.subtract(state, candidate, out=now)
            now *= update
            now += candidate
            state = now
        self._state = np.array(state)
        return states


@dataclasses.dataclass(frozen=True)
class EncoderWeights:
    """What a `CrepeEncoder` is made of.

    Attributes:
      hop_length: samples at 16 kHz from one latent to the next.
      windowed: whether frames are windowed, and latents cross-fade.
      quietest: standard deviation to which frames are normalised at the least; None leaves them.
      convolutions: kernel, bias, stride, and scale and shift of the normalisation after it.
      out: kernel and bias of the last layer.
      mean: of the latent.
      deviation: of the latent.
    """

    hop_length: int
    windowed: bool
    quietest: float | None
    convolutions: tuple
    out: tuple[np.ndarray, np.ndarray]
    mean: np.ndarray
    deviation: np.ndarray


class Encoder:
    """A `CrepeEncoder`: latents of frames of audio, each by itself.

    Args:
      weights: its weights.
    """

    before, after = crepe.FRAME_LENGTH // 2, crepe.FRAME_LENGTH // 2

    def __init__(self, weights: EncoderWeights):
        self._weights = weights
        self.hop_length, self.windowed = weights.hop_length, weights.windowed
        self._window = np.float32(1.0)
        if weights.windowed:
            self._window = window_values("hann", crepe.FRAME_LENGTH).astype("float32")

    def __call__(self, audio: np.ndarray) -> np.ndarray:
        """Latents `[latents, z_dims]` of the frames in audio `[samples]`."""
        weights = self._weights
        frames = np.lib.stride_tricks.sliding_window_view(audio, crepe.FRAME_LENGTH)
        x = frames[:: self.hop_length]
        if weights.quietest is not None:
            x = x - x.mean(axis=1, keepdims=True)
            x = x / np.maximum(x.std(axis=1, keepdims=True), weights.quietest)
        x = (x * self._window)[..., None]
        for convolution in weights.convolutions:
            x = _convolve(x, *convolution)
        z = x.reshape(len(x), -1) @ weights.out[0] + weights.out[1]
        return (z - weights.mean) / weights.deviation


def _convolve(x, kernel, bias, stride, scale, shift):
    """Convolution with 'same' padding, ReLU, batch normalisation and pooling of pairs.

    `[frames, positions, channels]` to half as many positions as the stride leaves.
    """
    n_out = -(-x.shape[1] // stride)
    missing = (n_out - 1) * stride + len(kernel) - x.shape[1]
    x = np.pad(x, ((0, 0), (missing // 2, missing - missing // 2), (0, 0)))
    patches = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=1)[:, ::stride]
    # [frames, positions, channels, taps]
    x = np.tensordot(patches, kernel, axes=([3, 2], [0, 1])) + bias
    x = np.maximum(x, 0.0) * scale + shift
    return x.reshape(len(x), n_out // 2, 2, -1).max(axis=2)
