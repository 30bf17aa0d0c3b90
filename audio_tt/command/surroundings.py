"""Keeps what a user has set up for other programs out of the libraries that a command loads.

Keras would read `~/.keras/keras.json` (precision, order of the axes, backend), JAX and matplotlib
read variables and files of their own, and numba and matplotlib keep caches in places that a service
or a container may not let them write to.
"""

import atexit
import contextlib
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from audio_tt.command import first_import
from audio_tt.errors import UserError

BACKENDS = ("tensorflow", "jax")  # of Keras; the first that is installed where none is named


def install() -> None:
    """From now on, the libraries find what this project needs when they are first imported."""
    os.environ["KERAS_HOME"] = os.devnull  # no file can be in it
    os.environ["JAX_ENABLE_X64"] = "0"
    if not Path(os.path.expanduser("~")).is_absolute():  # a user without a home
        os.environ["HOME"] = os.path.abspath(os.sep)
    _find_temporary_folder()
    first_import.within("keras", _on_our_backends)
    first_import.within("numba", _with_cache_of_numba)
    first_import.within("matplotlib", _with_own_matplotlib)


def _find_temporary_folder() -> None:
    """Takes memory for temporary files where no disk can be written to."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        if is_writable("/dev/shm"):
            tempfile.tempdir = os.environ["TMPDIR"] = "/dev/shm"


@contextlib.contextmanager
def _on_our_backends() -> Iterator[None]:
    os.environ["KERAS_BACKEND"] = choose_backend(os.environ.get("KERAS_BACKEND", ""))
    yield


def choose_backend(wanted: str) -> str:
    """Chooses what Keras runs on.

    Args:
      wanted: a backend's name; empty takes the first of `BACKENDS` that is installed.

    Raises:
      UserError: this project does not run on it, or it is not installed.
    """
    installed = [name for name in BACKENDS if importlib.util.find_spec(name)]
    if wanted and wanted not in BACKENDS:
        raise UserError(f"KERAS_BACKEND={wanted}: this runs on {' and '.join(BACKENDS)} only")
    if wanted and wanted not in installed:
        raise UserError(f"KERAS_BACKEND={wanted}: {wanted} is not installed")
    if not installed:
        raise UserError("neither TensorFlow nor JAX is installed; this needs one of them")
    return wanted or installed[0]


@contextlib.contextmanager
def _with_cache_of_numba() -> Iterator[None]:
    """Gives numba a place where it has none, beside librosa's code or the user's own: it fails."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    places = [given] if given else []
    librosa = importlib.util.find_spec("librosa")
    if librosa is not None:
        places.append(Path(librosa.origin).parent / "util" / "__pycache__")
    places.append(_user_cache() / "numba")
    if not any(map(is_writable, places)):
        _set_to_temporary("NUMBA_CACHE_DIR")
    yield


@contextlib.contextmanager
def _with_own_matplotlib() -> Iterator[None]:
    """Draws in the same way whatever matplotlibrc says, and without a display."""
    os.environ["MPLBACKEND"] = "agg"
    given = os.environ.get("MPLCONFIGDIR")
    places = [given] if given else [_user_cache() / "matplotlib"]
    if not all(map(is_writable, places)):
        _set_to_temporary("MPLCONFIGDIR")
    yield
    import matplotlib

    matplotlib.rcdefaults()


def is_writable(folder: str | os.PathLike) -> bool:
    """Returns whether files can be made in a folder, which need not be there yet."""
    folder = Path(folder).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))


def _set_to_temporary(variable: str) -> None:
    """Lets a variable name a new folder that goes when the process ends, where one can be made."""
    with contextlib.suppress(OSError):
        folder = tempfile.mkdtemp(prefix="audio_tt_")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ[variable] = folder
