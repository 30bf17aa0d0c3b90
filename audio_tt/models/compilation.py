"""Graphs of what runs often outside training, where each single operation would be dispatched."""

from collections.abc import Callable, Sequence
from typing import Any

import keras


def compiled(function: Callable, variables: Sequence[Any] = ()) -> Callable:
    """Compiles a function of tensors (nested in lists and dicts) for the running backend.

    Args:
      function: pure but for the variables it reads; its shapes must be static.
      variables: Keras variables that it reads, and that may change between calls.

    Returns:
      A function of the same arguments.
    """
    if keras.backend.backend() == "jax":
        import jax

        def stateless(values, *arguments):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(*arguments)

        graph = jax.jit(stateless)
        return lambda *arguments: graph([v.value for v in variables], *arguments)
    import tensorflow as tf

    # Without XLA: it takes seconds to compile what then runs hardly faster.
    return tf.function(function, autograph=False)


def compiled_loop(function: Callable) -> Callable:
    """Compiles a function of tensors around a loop over frames, at which XLA is the faster.

    Outside a graph such a loop would cost a second each time.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    # XLA, because TensorFlow's own loop pays for every operation of every frame.
    return tf.function(function, jit_compile=True, autograph=False, reduce_retracing=True)
