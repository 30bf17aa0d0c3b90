"""Types of settings: what a value of gin's must be, by annotations or else by defaults."""

import functools
import inspect
import types
import typing
from collections.abc import Callable, Sequence

from audio_tt import compat
from audio_tt.errors import UserError

_LISTS = (list, tuple, Sequence)
_PLAIN_TYPES = {int: "a whole number", float: "a number", bool: "True or False", str: "a text"}


def check_types(instance: object) -> None:
    """Makes sure that the fields of a dataclass hold what their annotations say.

    Args:
      instance: Its fields that are `int`, `float`, `bool`, `str`, or unions of them with None, are
        looked at.

    Raises:
      UserError: One holds something else; the message names it, as gin does.
    """
    owner = type(instance)
    for name, kind in typing.get_type_hints(owner).items():
        _check_type(f"{owner.__name__}.{name}", getattr(instance, name), kind)


def checked(name: str) -> Callable[[Callable], Callable]:
    """Decorates a function that gin configures, so that arguments must be what annotations say.

    Args:
      name: The function's in gin files, for messages. The types are those of `check_types`.

    Returns:
      A decorator; the function then raises UserError where an argument is of another type.
    """

    def decorate(function):
        signature, hints = inspect.signature(function), typing.get_type_hints(function)

        @functools.wraps(function)
        def call(*args, **kwargs):
            for parameter, value in signature.bind(*args, **kwargs).arguments.items():
                if parameter in hints:
                    _check_type(f"{name}.{parameter}", value, hints[parameter])
            return function(*args, **kwargs)

        call.__signature__ = signature  # gin does not look behind a decorator
        return call

    return decorate


def _check_type(name, value, kind):
    wanted = None if _fits(value, kind) else _in_words(kind)
    if wanted:
        raise UserError(f"{name} is {value!r}; it must be {wanted}")


def _fits(value, kind):
    """Whether a value is of a type, as far as the type is plain; whatever is not plain fits."""
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return any(_fits(value, part) for part in typing.get_args(kind))
    if typing.get_origin(kind) in _LISTS or kind in _LISTS:
        parts = {part for part in typing.get_args(kind) if part is not ...}
        is_list = isinstance(value, list | tuple)
        if len(parts) > 1 or not is_list:
            return is_list
        return all(_fits(item, part) for item in value for part in parts)
    if compat.is_gin_reference(value):
        return True
    if kind is float:
        return type(value) in (int, float)
    return type(value) is kind if kind in (*_PLAIN_TYPES, types.NoneType) else True


def _in_words(kind):
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return " or ".join(sorted(_in_words(part) for part in typing.get_args(kind)))
    if typing.get_origin(kind) in _LISTS or kind in _LISTS:
        parts = {part for part in typing.get_args(kind) if part is not ...}
        several = {int: "whole numbers", float: "numbers", str: "texts"}
        what = several.get(parts.pop()) if len(parts) == 1 else None
        return f"a list of {what}" if what else "a list"
    return _PLAIN_TYPES.get(kind, "None")


def check_bound_types() -> None:
    """Makes sure that settings are of the types that annotations, or else defaults, say."""
    bindings = compat.gin_bindings()
    for (_, configurable), values in bindings.items():
        if configurable.startswith("gin."):
            continue
        function = compat.gin_signature(configurable)
        try:
            hints = typing.get_type_hints(function)
        except (NameError, AttributeError, TypeError):  # of what type checkers alone import
            hints = {}
        parameters = inspect.signature(function).parameters
        for name, value in values.items():
            macro = compat.gin_macro(value)
            if macro is not None:
                value = bindings.get((macro, "gin.macro"), {}).get("value")
            kind = hints.get(name)
            if name not in parameters or compat.is_gin_reference(value):
                continue
            if kind is None:
                kind = _kind_of(parameters[name].default) if value is not None else object
            if kind is not object:
                _check_type(f"{configurable.rpartition('.')[2]}.{name}", value, kind)


def _kind_of(default):
    """The type of a parameter that has no annotation; a whole number may be any number."""
    if type(default) in (int, float):
        return float
    if isinstance(default, list | tuple):
        return list
    return type(default) if type(default) in (bool, str) else object
