"""Every name of gin and Keras that this project uses though it is private there.

`setup.py` bounds the versions of both from above; `tests/audio_tt/test_compat.py` tries each name.
A library is imported by the function that needs it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


def gin_configurables() -> list[str]:
    """Returns the full name of every registered configurable, gin's own ones left out."""
    from gin import config

    return [name for name, _ in config._REGISTRY.items() if not name.startswith("gin.")]


def gin_bindings() -> dict[tuple[str, str], dict[str, Any]]:
    """Returns gin's own table `{(scope, configurable): {parameter: value}}`, not a copy."""
    from gin import config

    return config._CONFIG


def is_unknown_gin_name(value: object) -> bool:
    """Returns whether a value is `@Name`, without a call, of a name that gin skipped as unknown."""
    from gin import config

    return isinstance(value, config._UnknownConfigurableReference) and not value.evaluate


def gin_statement_lines(text: str) -> list[int]:
    """Returns the lines, counted from 1, on which the statements of a gin file begin."""
    from gin import config, config_parser

    parser = config_parser.ConfigParser(io.StringIO(text), config.ParserDelegate(True))
    return sorted({statement.location.line_num for statement in parser})


def own_variables(layer: keras.Layer) -> tuple[list[keras.Variable], list[keras.Variable]]:
    """Returns a layer's trainable and other variables, without those of its sub-layers.

    Which are trainable is decided by how they were made, not by whether the layer is frozen now.
    """
    return list(layer._trainable_variables), list(layer._non_trainable_variables)


def sublayers(layer: keras.Layer) -> Sequence[keras.Layer]:
    """Returns the layers that stand directly in a layer."""
    return list(layer._layers)


def adam_moments(
    optimizer: keras.optimizers.Adam, variable: keras.Variable
) -> tuple[keras.Variable, keras.Variable]:
    """Returns Adam's first and second moment of a variable, both shaped like it."""
    index = optimizer._get_variable_index(variable)
    return optimizer._momentums[index], optimizer._velocities[index]


def clipped_after_summing(
    kind: type[keras.optimizers.Optimizer],
) -> type[keras.optimizers.Optimizer]:
    """Returns a kind of optimiser that clips the sum of all devices' gradients, on TensorFlow.

    Keras itself clips each device's gradient alone, before they are summed.
    """

    class ClippedAfterSumming(kind):
        def _clip_gradients(self, grads):
            return grads

        def _all_reduce_sum_gradients(self, grads_and_vars):
            summed, variables = zip(*super()._all_reduce_sum_gradients(grads_and_vars), strict=True)
            return list(zip(super()._clip_gradients(list(summed)), variables, strict=True))

    return ClippedAfterSumming
