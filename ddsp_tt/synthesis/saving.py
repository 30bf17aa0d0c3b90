"""Layers, losses and models that Keras can write to a file and make again."""

import functools
import inspect
from typing import Any, Self

import keras

from ddsp_tt.synthesis.core import functions

_PACKAGE = "ddsp_tt"


class Saved:
    """For a class that is made again from the arguments of its constructor.

    It comes before the Keras class among the bases. An argument may be anything that JSON can hold,
    an object that Keras can save, a function of `core` or of `features.spectral_ops`, one with
    settings of its own (`functools.partial`), and lists of these.
    """

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        # Gin makes a subclass of the same name for itself, which is none of Keras's business.
        if keras.saving.get_registered_object(f"{_PACKAGE}>{cls.__name__}") is None:
            keras.saving.register_keras_serializable(_PACKAGE)(cls)

    def __new__(cls, *args, **options):
        """Remembers the arguments."""
        new = super().__new__
        instance = new(cls) if new is object.__new__ else new(cls, *args, **options)
        given = inspect.signature(cls.__init__).bind(None, *args, **options)
        object.__setattr__(instance, "_given", dict(list(given.arguments.items())[1:]))
        return instance

    def get_config(self) -> dict[str, Any]:
        """The arguments that it was made with."""
        given = {**self._given, **self._given.get("settings", {})}
        given.pop("settings", None)
        return {name: _encoded(value) for name, value in given.items()}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Makes it again."""
        return cls(**{name: _decoded(value) for name, value in config.items()})

    def get_build_config(self) -> None:
        """Nothing: its weights are made when the model is traced."""


def _encoded(value):
    if isinstance(value, functools.partial):
        return {"function": value.func.__name__, "settings": dict(value.keywords)}
    if value is not None and functions.named(getattr(value, "__name__", "")) is value:
        return {"function": value.__name__, "settings": None}
    if getattr(value, "takes_resolve", False):
        return _encoded(functions.resolved(value))
    if isinstance(value, list | tuple):
        return {"items": [_encoded(x) for x in value]}
    return keras.saving.serialize_keras_object(value)


def _decoded(value):
    if isinstance(value, dict) and "items" in value:
        return [_decoded(x) for x in value["items"]]
    if isinstance(value, dict) and "function" in value:
        function = functions.named(value["function"])
        settings = value["settings"]
        return function if settings is None else functools.partial(function, **settings)
    if isinstance(value, dict) and "class_name" in value:
        return keras.saving.deserialize_keras_object(value)
    return value
