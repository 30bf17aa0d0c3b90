"""Steps on levels that stay within limits: Adam, and L-BFGS."""

from typing import Any, NamedTuple

import gin
import keras
import numpy as np
from keras import ops

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
      clamp: function that brings levels within their limits.
      learning_rate: of Adam.
    """

    def __init__(self, value, clamp, learning_rate=0.03):
        self._learning_rate = learning_rate
        self._clamp = clamp
        self._value_and_gradient = value_and_gradient(value)
        self.step = compiled(self._step)

    def start(self, levels):
        """The `AdamState` before the first step."""
        levels = ops.convert_to_tensor(levels, "float32")
        nothing = ops.zeros_like(levels)
        return AdamState(levels, nothing, nothing, ops.convert_to_tensor(0.0, "float32"))

    def _step(self, state, constants):
        levels = self._clamp(state.levels)
        loss, gradient = self._value_and_gradient(levels, constants)
        updates = state.updates + 1.0
        mean = _BETA_1 * state.mean + (1.0 - _BETA_1) * gradient
        square = _BETA_2 * state.square + (1.0 - _BETA_2) * gradient**2
        size = ops.sqrt(square / (1.0 - _BETA_2**updates)) + _EPSILON
        move = mean / (1.0 - _BETA_1**updates) / size
        return AdamState(levels - self._learning_rate * move, mean, square, updates), loss


class LbfgsState(NamedTuple):
    """Where L-BFGS stands.

    Attributes:
      levels: `[channels, frames, bins]`.
      gradient: at the levels, the same shape.
      moves: the last differences of levels, `[memory, channels, frames, bins]`, newest first.
      changes: the differences of gradients that went with them.
      kept: how many of them count; -1 before the first step.
      loss: at the levels.
    """

    levels: Any
    gradient: Any
    moves: Any
    changes: Any
    kept: Any
    loss: Any


@gin.configurable(module="style_tt.optimisers")
class LbfgsSteps:
    """L-BFGS (Nocedal and Wright 2006, algorithms 7.4 and 3.1) along a path that is clamped.

    Args:
      value: function of (levels, constants) that returns a scalar.
      clamp: function that brings levels within their limits.
      memory: how many moves it remembers.
      trials: how often a step may be halved.
    """

    def __init__(self, value, clamp, memory=10, trials=20):
        self._clamp, self._memory, self._trials = clamp, memory, trials
        self._evaluate = compiled(value_and_gradient(value))

    def start(self, levels):
        """The `LbfgsState` before the first step."""
        levels = np.asarray(ops.convert_to_numpy(self._clamp(levels)), np.float32)
        history = np.zeros((self._memory, *levels.shape), np.float32)
        return LbfgsState(
            levels, np.zeros_like(levels), history, history, np.int64(-1), np.float32(0)
        )

    def step(self, state, constants):
        """(state, loss before the step); the same state where no step makes the loss smaller."""
        levels, gradient, moves, changes, kept, loss = state
        if kept < 0:
            loss, gradient = self._at(levels, constants)
            kept = 0
        direction = _direction(gradient, moves[:kept], changes[:kept])
        size = 1.0 if kept else min(1.0, 1.0 / (float(np.abs(gradient).mean()) + 1e-30))
        for _ in range(self._trials):
            tried = ops.convert_to_numpy(self._clamp(levels + np.float32(size) * direction))
            move = tried - levels
            new_loss, new_gradient = self._at(tried, constants)
            if new_loss <= loss + 1e-4 * np.vdot(gradient, move) and np.isfinite(new_loss):
                break
            size *= 0.5
        else:
            return LbfgsState(levels, gradient, moves, changes, np.int64(0), np.float32(loss)), loss
        change = new_gradient - gradient
        if np.vdot(move, change) > 1e-10 * np.vdot(change, change):
            moves = np.concatenate([move[None], moves[:-1]])
            changes = np.concatenate([change[None], changes[:-1]])
            kept = min(int(kept) + 1, self._memory)
        return (
            LbfgsState(tried, new_gradient, moves, changes, np.int64(kept), np.float32(new_loss)),
            loss,
        )

    def _at(self, levels, constants):
        loss, gradient = self._evaluate(ops.convert_to_tensor(levels), constants)
        return float(loss), ops.convert_to_numpy(gradient)


def _direction(gradient, moves, changes):
    """Minus the inverse Hessian, as the last moves show it, times the gradient."""
    direction, products = -gradient, []
    for move, change in zip(moves, changes, strict=True):
        factor = np.vdot(move, direction) / np.vdot(move, change)
        direction = direction - factor * change
        products.append(factor)
    if len(moves):
        direction = direction * (np.vdot(moves[0], changes[0]) / np.vdot(changes[0], changes[0]))
    for move, change, factor in list(zip(moves, changes, products, strict=True))[::-1]:
        direction = direction + (factor - np.vdot(change, direction) / np.vdot(move, change)) * move
    return direction.astype(np.float32)


def value_and_gradient(function):
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


def compiled(function):
    """A function of nested tensors, compiled by the backend at hand."""
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, autograph=False)
