"""A gin file as plain values, of which nothing is made: it loads no framework."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Reference:
    """What `@name` or `@name()` stands for.

    Attributes:
      name: the last part, such as "Harmonic" of "synths.Harmonic".
      is_called: whether its value is meant.
    """

    name: str
    is_called: bool


class NotPlain(Exception):
    """A file says more than plain values."""


def read(path: Path) -> dict[str, object]:
    """Settings of a file that stands by itself, as every run writes one.

    Returns:
      {"Class.parameter": value}, with macros put in and classes by the last part of their names.

    Raises:
      NotPlain: it includes or imports another file, or has a scope.
    """
    from gin import config_parser

    class Delegate(config_parser.ParserDelegate):
        def configurable_reference(self, name, evaluate):
            if "/" in name:
                raise NotPlain(name)
            return Reference(name.rpartition(".")[2], evaluate)

        def macro(self, name):
            return _Macro(name)

    values, macros = {}, {}
    for statement in config_parser.ConfigParser(path.read_text("utf-8"), Delegate()):
        if not isinstance(statement, config_parser.BindingStatement) or statement.scope:
            raise NotPlain(str(statement))
        name = statement.selector.rpartition(".")[2]
        if statement.arg_name:
            values[f"{name}.{statement.arg_name}"] = statement.value
        else:
            macros[name] = statement.value
    return {name: _resolved(value, macros) for name, value in values.items()}


@dataclasses.dataclass(frozen=True)
class _Macro:
    name: str


def _resolved(value, macros):
    if isinstance(value, _Macro):
        if value.name not in macros:
            raise NotPlain(value.name)
        return _resolved(macros[value.name], macros)
    if isinstance(value, list | tuple):
        return type(value)(_resolved(x, macros) for x in value)
    return value
