"""Steps on levels that stay within limits: Adam, and L-BFGS."""

from collections.abc import Callable
from typing import Any, NamedTuple

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.models.compilation import compiled
from audio_tt.tensors import Tensor

_BETA_1, _BETA_2, _EPSILON = 0.9, 0.999, 1e-8  # Kingma and Ba (2015), algorithm 1


class AdamState(NamedTuple):
    """Where Adam stands.

    Attributes:
      levels: `[channels, frames, bins]`.
      mean: running mean of its gradient, the same shape.
      square: running mean of its gradient's square.
      updates: how many there were, float32 scalar.
    """

    levels: Any
    mean: Any
    square: Any
    updates: Any


@gin.configurable(module="style_tt.optimisers")
class AdamSteps:
    """Adam on levels that are clamped before each step.

    Args:
      value: function of (levels, constants) that returns a scalar.
      limits: the `Optimisation`.
      learning_rate: of Adam.
    """

    def __init__(self, value: Callable, limits: Any, learning_rate: float = 0.03):
        self._learning_rate, self._limits = learning_rate, limits
        self._value_and_gradient = value_and_gradient(value)
        self.step = compiled(self._step)

    def start(self, levels: Tensor) -> AdamState:
        """The `AdamState` before the first step."""
        levels = ops.convert_to_tensor(levels, "float32")
        nothing = ops.zeros_like(levels)
        return AdamState(levels, nothing, nothing, ops.convert_to_tensor(0.0, "float32"))

    def run(self, progress: Any, constants: dict) -> None:
        """Steps until the limits end it."""
        while not self._limits.ends(progress):
            progress.state, loss = self.step(progress.state, constants)
            progress.count(float(loss), self._limits.improvement)
            progress.report()

    def _step(self, state, constants):
        levels = self._limits.clamp(state.levels)
        loss, gradient = self._value_and_gradient(levels, constants)
        updates = state.updates + 1.0
        mean = _BETA_1 * state.mean + (1.0 - _BETA_1) * gradient
        square = _BETA_2 * state.square + (1.0 - _BETA_2) * gradient**2
        size = ops.sqrt(square / (1.0 - _BETA_2**updates)) + _EPSILON
        move = mean / (1.0 - _BETA_1**updates) / size
        return AdamState(levels - self._learning_rate * move, mean, square, updates), loss


class LbfgsState(NamedTuple):
    """Where L-BFGS stands; what it remembers of its way is not kept.

    Attributes:
      levels: `[channels, frames, bins]`.
    """

    levels: Any


@gin.configurable(module="style_tt.optimisers")
class LbfgsSteps:
    """L-BFGS-B of scipy (Byrd et al. 1995, Morales and Nocedal 2011), within limits.

    Args:
      value: function of (levels, constants) that returns a scalar.
      limits: the `Optimisation`.
      memory: how many moves it remembers.
      trials: of a length for each move, at most.
    """

    def __init__(self, value: Callable, limits: Any, memory: int = 10, trials: int = 20):
        self._limits, self._memory, self._trials = limits, memory, trials
        self._evaluate = compiled(value_and_gradient(value))

    def start(self, levels: np.ndarray) -> LbfgsState:
        """The `LbfgsState` before the first step."""
        return LbfgsState(np.asarray(ops.convert_to_numpy(levels), np.float32))

    def run(self, progress: Any, constants: dict) -> None:
        """Steps until the limits end it, or the loss stays as it is."""
        from scipy import optimize

        limits = self._limits
        if limits.ends(progress):
            return
        first = ops.convert_to_numpy(limits.clamp(progress.state.levels))

        def evaluate(flat):
            levels = ops.convert_to_tensor(flat.reshape(first.shape), "float32")
            loss, gradient = self._evaluate(levels, constants)
            return float(loss), ops.convert_to_numpy(gradient).astype(np.float64).ravel()

        def after_step(intermediate_result):
            levels = intermediate_result.x.reshape(first.shape).astype(np.float32)
            progress.state = LbfgsState(levels)
            progress.count(float(intermediate_result.fun), limits.improvement)
            progress.report()
            if limits.ends(progress):
                raise StopIteration

        optimize.minimize(
            evaluate,
            first.astype(np.float64).ravel(),
            jac=True,
            method="L-BFGS-B",
            bounds=optimize.Bounds(
                -np.inf if limits.lowest is None else limits.lowest,
                np.inf if limits.highest is None else limits.highest,
            ),
            callback=after_step,
            options={
                "maxcor": self._memory,
                "maxls": self._trials,
                "maxiter": limits.steps - progress.step,
                "maxfun": np.iinfo(np.int32).max,
                "ftol": 0.0,
                "gtol": 0.0,
            },
        )


def value_and_gradient(function: Callable) -> Callable:
    """A function of (x, *constants) that returns the value and its gradient by x."""
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
