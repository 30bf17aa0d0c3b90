"""Imports TensorFlow without the lines that its C++ parts print before any setting can stop them.

On processors that oneDNN has fast paths for, two libraries of TensorFlow say so while they are
loaded, whatever TF_CPP_MIN_LOG_LEVEL is. What else comes on standard error is passed on.
"""

import contextlib
import importlib.abc
import importlib.util
import os
import re
import sys
import tempfile

_CHATTER = re.compile(rb"WARNING: All log messages before absl::InitializeLog|I0000 .*oneDNN")


def install():
    """From now on, the first import of TensorFlow is quiet."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    def __init__(self, loader):
        self._loader = loader

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        with _filtered_stderr():
            self._loader.exec_module(module)


@contextlib.contextmanager
def _filtered_stderr():
    """Holds back what is written to file descriptor 2, and then writes what is no chatter."""
    try:
        original = os.dup(2)
    except OSError:  # closed
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held, contextlib.ExitStack() as stack:
        os.dup2(held.fileno(), 2)
        stack.callback(_pass_on, held, original)
        yield


def _pass_on(held, original):
    sys.stderr.flush()
    os.dup2(original, 2)
    os.close(original)
    held.seek(0)
    lines = [line for line in held.read().splitlines(keepends=True) if not _CHATTER.match(line)]
    os.write(2, b"".join(lines))
