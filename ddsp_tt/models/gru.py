"""A gated recurrent unit whose backward pass costs about as much as its forward pass.

Differentiating a loop over frames automatically adds the recurrent kernel's whole gradient to a
sum once per frame. Here the loop backward carries the state's gradient only; every other gradient
is made for all frames together afterwards, the kernel's in one matrix product.
"""

import functools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from audio_tt.models.compilation import compiled_loop
from audio_tt.tensors import Tensor


def gates(
    projected: Tensor, previous: Tensor, recurrent_kernel: Tensor, recurrent_bias: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Update gate, reset gate, candidate and its recurrent part, of one frame or of all."""
    recurrent = ops.matmul(previous, recurrent_kernel) + recurrent_bias
    update_in, reset_in, candidate_in = ops.split(projected, 3, axis=-1)
    update_rec, reset_rec, candidate_rec = ops.split(recurrent, 3, axis=-1)
    update = ops.sigmoid(update_in + update_rec)
    reset = ops.sigmoid(reset_in + reset_rec)
    candidate = ops.tanh(candidate_in + reset * candidate_rec)
    return update, reset, candidate, candidate_rec


def _forward(projected, recurrent_kernel, recurrent_bias, initial_state):
    """States of all frames, [frames, batch, units]."""

    def step(previous, frame):
        update, _, candidate, _ = gates(frame, previous, recurrent_kernel, recurrent_bias)
        state = candidate + update * (previous - candidate)
        return state, state

    return ops.scan(step, initial_state, projected)[1]


def _plain(projected, recurrent_kernel, recurrent_bias, initial_state):
    """`_forward`, of a single frame without a loop."""
    if projected.shape[0] != 1:
        return _forward(projected, recurrent_kernel, recurrent_bias, initial_state)
    update, _, candidate, _ = gates(projected[0], initial_state, recurrent_kernel, recurrent_bias)
    return (candidate + update * (initial_state - candidate))[None]


def _backward(units, projected, recurrent_kernel, recurrent_bias, initial_state, states, d_states):
    """Gradients for the four arguments of `_forward`, given those of its states."""
    previous = ops.concatenate([initial_state[None], states[:-1]], axis=0)
    update, reset, candidate, candidate_rec = gates(
        projected, previous, recurrent_kernel, recurrent_bias
    )
    # By how much each gate's argument moves when its frame's state does.
    to_update = (previous - candidate) * update * (1 - update)
    to_candidate = (1 - update) * (1 - candidate**2)
    to_reset = to_candidate * candidate_rec * reset * (1 - reset)
    to_recurrent = ops.concatenate([to_update, to_reset, to_candidate * reset], axis=-1)
    kernel_transposed = ops.transpose(recurrent_kernel)

    def step(d_state, frame):
        d_output, frame_update, frame_recurrent = ops.split(frame, [units, 2 * units], axis=-1)
        d_total = d_output + d_state
        d_recurrent = ops.tile(d_total, (1, 3)) * frame_recurrent
        return d_total * frame_update + ops.matmul(d_recurrent, kernel_transposed), d_total

    # One array: Keras's scan on TensorFlow takes no tuple whose number of frames is unknown.
    frames = ops.concatenate([d_states, update, to_recurrent], axis=-1)
    d_initial, d_total = ops.scan(step, ops.zeros_like(initial_state), frames, reverse=True)

    d_recurrent = ops.tile(d_total, (1, 1, 3)) * to_recurrent
    d_projected = d_total[:, :, None] * ops.stack([to_update, to_reset, to_candidate], axis=2)
    d_projected = ops.reshape(d_projected, ops.shape(projected))
    d_kernel = ops.tensordot(previous, d_recurrent, axes=[[0, 1], [0, 1]])
    return d_projected, d_kernel, ops.sum(d_recurrent, axis=(0, 1)), d_initial


@functools.cache
def _recurrence(units):
    """The differentiable recurrence, made once for a size and only when the backend is in use.

    Tracing for several sizes together would leave the size unknown in the graph.
    """
    forward, backward = compiled_loop(_forward), compiled_loop(functools.partial(_backward, units))

    @ops.custom_gradient
    def recurrence(projected, recurrent_kernel, recurrent_bias, initial_state):
        arguments = (projected, recurrent_kernel, recurrent_bias, initial_state)
        # Or an eager gradient tape would record the loop that it has no use for.
        arguments = tuple(ops.stop_gradient(x) for x in arguments)
        states = forward(*arguments)

        def gradient(d_states):
            return backward(*arguments, states, d_states)

        return states, gradient

    return recurrence


@keras.saving.register_keras_serializable("timbre_tt")
class Gru(keras.layers.Layer):
    """Gated recurrent unit [1], the same function of the same weights as `keras.layers.GRU`.

    With update gate z, reset gate r and candidate c (the gates' order in the weights), the state
    is `h = z * h_previous + (1 - z) * c`, where the reset gate acts after the recurrent product
    (`reset_after=True`). The weights are `kernel` [channels, 3 * units], `recurrent_kernel`
    [units, 3 * units] and `bias` [2, 3 * units] (the input's row, then the recurrent row).

    [1] Cho et al. 2014, https://arxiv.org/abs/1406.1078; the variant is cuDNN's.

    Args:
        units: Size of the state and of the output.
        **kwargs: Passed to `keras.layers.Layer`.

    Attributes:
        is_plain: Whether to run without the custom gradient and without compiling, as a graph that
            leaves TensorFlow must be.
    """

    def __init__(self, units: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.is_plain = False

    def build(self, inputs_shape: Sequence[int | None]) -> None:
        """Makes the weights for inputs [batch, frames, channels]."""
        gates = 3 * self.units
        self.kernel = self.add_weight(
            shape=(inputs_shape[-1], gates), initializer="glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            shape=(self.units, gates), initializer="orthogonal", name="recurrent_kernel"
        )
        self.bias = self.add_weight(shape=(2, gates), initializer="zeros", name="bias")

    def call(
        self, inputs: Tensor, initial_state: Tensor | None = None, return_state: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Runs over all frames; pass the returned state on to go through audio in blocks.

        Args:
            inputs: [batch, frames, channels], one frame or more.
            initial_state: [batch, units]; None for zeros.
            return_state: Whether to return the last frame's state too.

        Returns:
            The states [batch, frames, units], or with `return_state` a pair of them and the last
            one [batch, units].
        """
        if initial_state is None:
            initial_state = ops.zeros((ops.shape(inputs)[0], self.units), self.compute_dtype)
        # A custom gradient on TensorFlow wants a tensor, and conversion would give the variable.
        recurrent_kernel = ops.copy(self.recurrent_kernel)
        input_bias, recurrent_bias = ops.unstack(ops.convert_to_tensor(self.bias), 2)
        # Frames first, so that the loop reads and writes contiguous memory.
        projected = ops.matmul(ops.transpose(inputs, (1, 0, 2)), self.kernel) + input_bias
        recurrence = _plain if self.is_plain else _recurrence(self.units)
        states = recurrence(projected, recurrent_kernel, recurrent_bias, initial_state)
        outputs = ops.transpose(states, (1, 0, 2))
        if not self.is_plain:  # a compiled recurrence may have lost the shape
            outputs = ops.reshape(outputs, (*ops.shape(inputs)[:2], self.units))
        return (outputs, states[-1]) if return_state else outputs

    def compute_output_spec(
        self, inputs: Tensor, initial_state: Tensor | None = None, return_state: bool = False
    ) -> Any:
        """Shapes and type of what `call` returns."""
        batch, frames = inputs.shape[:2]
        outputs = keras.KerasTensor((batch, frames, self.units), dtype=self.compute_dtype)
        state = keras.KerasTensor((batch, self.units), dtype=self.compute_dtype)
        return (outputs, state) if return_state else outputs

    def get_config(self) -> dict[str, Any]:
        """Settings for Keras to rebuild the layer from."""
        return {**super().get_config(), "units": self.units}
