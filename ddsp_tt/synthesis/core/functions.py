"""Functions that gin names as the value of a setting, with their own settings taken when asked.

A function that gin hands out reads gin's settings anew at each call. A layer that keeps such a
function would change when other settings are read later, so it keeps `resolved(function)`.
"""

import functools
import inspect
from collections.abc import Callable

import gin

_RESOLVE = object()
_FUNCTIONS = {}


def register(module: str) -> Callable[[Callable], Callable]:
    """A decorator like `gin.register`, after which `resolved` knows the function.

    Args:
      module: as gin files name it.
    """

    def decorate(function):
        @functools.wraps(function)
        def called_by_gin(*args, **settings):
            if args and args[0] is _RESOLVE:
                return functools.partial(function, **settings)
            return function(*args, **settings)

        called_by_gin.__signature__ = inspect.signature(function)
        called_by_gin.takes_resolve = True
        gin.register(called_by_gin, module=module)
        _FUNCTIONS[function.__name__] = function
        return function

    return decorate


def named(name: str) -> Callable | None:
    """The registered function of a name, without a module; None where there is none."""
    return _FUNCTIONS.get(name)


def resolved(function: Callable | None) -> Callable | None:
    """A function with the settings that gin has for it now; of any other, the function itself."""
    if getattr(function, "takes_resolve", False):
        return function(_RESOLVE)
    return function
