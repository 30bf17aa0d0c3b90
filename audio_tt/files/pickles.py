"""Python's pickles, read without running anything that is in them."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError


def load(
    path: str | Path,
    what: str,
    stand_in: Callable[[str, str], Any] = lambda module, name: None,
) -> object:
    """Reads a pickle that other software wrote.

    Builtin values are taken as they are. Whatever the file looks up by name is refused, unless
    there is a stand-in for it.

    Args:
      path: the file.
      what: it should hold, for messages: "sizes", "statistics".
      stand_in: function of module and name that returns what is called in place of the class or
        function of that name, or None. It may raise `Refused`, and so may what it returns.

    Returns:
      The value.

    Raises:
      UserError: no such file, not a pickle, or one that would run code.
    """

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            found = stand_in(module, name)
            if found is None:
                raise Refused(f"{module}.{name}")
            return found

        def persistent_load(self, pid):
            raise Refused("an object kept elsewhere")

    try:
        with open(path, "rb") as file:
            return Reader(file).load()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except Refused as error:
        message = f"{path} is refused: it asks for {error}, and {what} need no code"
        raise UserError(message) from None
    except Exception as error:  # what a damaged pickle raises is not limited to any class
        raise UserError(f"{path} is not a file of {what}, or is damaged") from error


class Refused(Exception):
    """Something in a pickle that is not to be had."""


def numpy_stand_in(module: str, name: str) -> type | Callable | None:
    """A stand-in, see `load`, for numbers and arrays of numbers of any version of numpy."""
    return _STAND_INS.get(name) if module.split(".")[0] == "numpy" else None


class _Array:
    """Stands in for an array until its state is read."""

    def __new__(cls, *arguments):
        return super().__new__(cls)

    def __setstate__(self, state):
        _, shape, dtype, is_fortran, data = state
        order = "F" if is_fortran else "C"
        self.values = np.frombuffer(data, dtype).reshape(shape, order=order)

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


def _make_dtype(code, *_):
    if np.dtype(code).kind not in "biuf":
        raise Refused(f"values of type {code}")
    return np.dtype(code)


def _make_scalar(dtype, data):
    return np.frombuffer(data, dtype)[0]


_STAND_INS = {
    "scalar": _make_scalar,
    "dtype": _make_dtype,
    "_reconstruct": _Array,
    "ndarray": _Array,
}
