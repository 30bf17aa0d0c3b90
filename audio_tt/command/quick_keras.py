"""Imports Keras without packages that it loads, where they are installed, for nothing used here.

Its wrappers for scikit-learn and its galleries of images do without. They take a quarter of the
time that the import of Keras and TensorFlow takes.
"""

import contextlib
import sys
from collections.abc import Iterator

from audio_tt.command import first_import

_UNUSED = ("sklearn", "matplotlib")


def install() -> None:
    """From now on, the first import of Keras is quick."""
    first_import.within("keras", _without_unused)


@contextlib.contextmanager
def _without_unused() -> Iterator[None]:
    hidden = [name for name in _UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # None means that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
