"""What is trained is the spectrogram: step by step it moves to where its timbre is the style's."""

from typing import Any, NamedTuple

import gin
import keras
from keras import ops

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8  # Kingma and Ba (2015), algorithm 1


class State(NamedTuple):
    """Where the optimisation stands.

    Attributes:
      spectrogram: `[frames, bins]`.
      mean: running mean of its gradient, the same shape.
      square: running mean of its gradient's square.
      updates: how many there were, float32 scalar.
    """

    spectrogram: Any
    mean: Any
    square: Any
    updates: Any


def start(spectrogram):
    """The state before the first step, from a spectrogram `[frames, bins]`."""
    spectrogram = ops.convert_to_tensor(spectrogram, "float32")
    nothing = ops.zeros_like(spectrogram)
    return State(spectrogram, nothing, nothing, ops.convert_to_tensor(0.0, "float32"))


@gin.configurable(module="style_tt.training")
class Optimisation:
    """Adam on a spectrogram that is clamped before each step.

    Args:
      model: from `[batch, frames, bins]` to `[batch, frames, filters]`, nothing of it trainable.
      loss: from features `[frames, filters]` to a scalar.
      learning_rate: of Adam.
      lowest: lower values are raised to this before each step.
      highest: higher values are cut to this.
    """

    def __init__(self, model, loss, learning_rate=0.03, lowest=0.0, highest=1.0):
        self._learning_rate = learning_rate
        self._lowest = lowest
        self._highest = highest
        self._model = model
        self._loss = loss
        self._value_and_gradient = _value_and_gradient(self._value)
        self._compiled_step = _compile(self._step)

    def clamp(self, spectrogram):
        """The spectrogram within its limits."""
        return ops.clip(spectrogram, self._lowest, self._highest)

    def step(self, state):
        """One step, compiled by the backend at hand.

        Args:
          state: a `State`.

        Returns:
          (state, loss): the next state, whose spectrogram is not clamped yet, and the loss before
          the step.
        """
        # Weights are handed over, as compilers try to compute with those that they find inside.
        return self._compiled_step(state, [ops.convert_to_tensor(v) for v in self._model.variables])

    def _value(self, spectrogram, weights):
        features, _ = self._model.stateless_call([], weights, spectrogram[None])
        return self._loss(features[0])

    def _step(self, state, weights):
        spectrogram = self.clamp(state.spectrogram)
        loss, gradient = self._value_and_gradient(spectrogram, weights)
        updates = state.updates + 1.0
        mean = _BETA_1 * state.mean + (1.0 - _BETA_1) * gradient
        square = _BETA_2 * state.square + (1.0 - _BETA_2) * gradient**2
        size = ops.sqrt(square / (1.0 - _BETA_2**updates)) + _EPSILON
        move = mean / (1.0 - _BETA_1**updates) / size
        return State(spectrogram - self._learning_rate * move, mean, square, updates), loss


def _value_and_gradient(function):
    if keras.backend.backend() == "jax":
        import jax

        return jax.value_and_grad(function)
    import tensorflow as tf

    def both(x, *constants):
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = function(x, *constants)
        return value, tape.gradient(value, x)

    return both


def _compile(function):
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function)
