"""What is to happen around the first import of a module, whenever that comes."""

import importlib.abc
import importlib.util
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager


def within(name: str, context: Callable[[], AbstractContextManager]) -> None:
    """From now on, the first import of a module happens within a context.

    Args:
      name: of a module that is not part of a package.
      context: makes it; several of one module are entered one within the other.
    """
    if name not in sys.modules and not any(_is(finder, name, context) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder(name, context))


def _is(finder, name, context):
    return isinstance(finder, _Finder) and (finder.name, finder.context) == (name, context)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, name, context):
        self.name, self.context = name, context

    def find_spec(self, name, path=None, target=None):
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)  # an import that fails may be tried again
        if spec is not None:
            spec.loader = _Loader(spec.loader, self.context)
        return spec


class _Loader(importlib.abc.Loader):
    def __init__(self, loader, context):
        self._loader, self._context = loader, context

    def __getattr__(self, name):
        return getattr(self._loader, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        with self._context():
            self._loader.exec_module(module)
