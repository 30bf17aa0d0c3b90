"""Every name of gin and Keras that this project uses though it is private there.

`setup.py` bounds the versions of both from above; `tests/audio_tt/test_compat.py` tries each name.
A library is imported by the function that needs it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
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


def gin_used() -> dict[tuple[str, str], dict[str, Any]]:
    """Returns the settings that were read so far, `{(scope, configurable): {parameter: value}}`.

    A parameter that the caller passed by itself is not among them.
    """
    from gin import config

    return dict(config._OPERATIVE_CONFIG)


def gin_targets(text: str) -> list[tuple[str, str, str]]:
    """Returns (scope, full name of the configurable, parameter) of what the lines of a text set.

    A macro is the parameter "value" of "gin.macro" in a scope of its own name.
    """
    from gin import config, config_parser

    targets = []
    for statement in config_parser.ConfigParser(text, config.ParserDelegate(True)):
        if not isinstance(statement, config_parser.BindingStatement):
            continue
        scope, selector, parameter = statement[:3]
        if not parameter:  # a macro
            targets.append((f"{scope}/{selector}".lstrip("/"), "gin.macro", "value"))
            continue
        key = config.ParsedBindingKey.parse((scope, selector, parameter))
        targets.append((scope, key.complete_selector, parameter))
    return targets


def gin_macro(value: object) -> str | None:
    """Returns the name of a value that is `%name`; None of any other."""
    from gin import config

    if not isinstance(value, config.ConfigurableReference) or not value.evaluate:
        return None
    scope, _, selector = value.scoped_selector.rpartition("/")
    return scope if selector == "gin.macro" else None


def is_gin_reference(value: object) -> bool:
    """Returns whether a value is `@name`, `@name()` or `%name`."""
    from gin import config

    known = (config.ConfigurableReference, config._UnknownConfigurableReference)
    return isinstance(value, known)


def gin_signature(configurable: str) -> Callable:
    """Returns the function behind a configurable; of a class its `__init__`."""
    from gin import config

    target = config._REGISTRY[configurable].wrapped
    return target.__init__ if isinstance(target, type) else target


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
