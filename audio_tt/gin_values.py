"""A gin file as plain values, of which nothing is made: it loads no framework."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Reference:
    """What `@name` or `@name()` stands for.

    Attributes:
      name: without its module, such as "Harmonic" of "synths.Harmonic"; SCOPE/NAME in a scope.
      is_called: whether its value is meant.
    """

    name: str
    is_called: bool

    def __repr__(self):
        return f"@{self.name}{'()' if self.is_called else ''}"


class NotPlain(Exception):
    """A file says more than plain values."""


def read(path: Path) -> dict[str, object]:
    """Settings of a file that stands by itself, as every run writes one.

    Returns:
      {"Class.parameter": value}, with macros put in and classes without their modules; what counts
      in a scope is called "scope/Class.parameter".

    Raises:
      NotPlain: it includes or imports another file, or uses a macro that it does not set.
      SyntaxError: it cannot be parsed.
    """
    return parse(path.read_text("utf-8"))


def parse(text: str) -> dict[str, object]:
    """The same as `read`, of the text of such a file."""
    from gin import config_parser

    class Delegate(config_parser.ParserDelegate):
        def configurable_reference(self, name, evaluate):
            return Reference(_without_module(name), evaluate)

        def macro(self, name):
            return _Macro(name)

    values, macros = {}, {}
    for statement in config_parser.ConfigParser(text, Delegate()):
        if not isinstance(statement, config_parser.BindingStatement):
            raise NotPlain(str(statement))
        scope = f"{statement.scope}/" if statement.scope else ""
        name = scope + _without_module(statement.selector)
        if statement.arg_name:
            values[f"{name}.{statement.arg_name}"] = statement.value
        else:
            macros[name] = statement.value
    return {name: _resolved(value, macros) for name, value in values.items()}


@dataclasses.dataclass(frozen=True)
class _Macro:
    name: str


def _without_module(name):
    scope, slash, selector = name.rpartition("/")
    return scope + slash + selector.rpartition(".")[2]


def _resolved(value, macros):
    if isinstance(value, _Macro):
        if value.name not in macros:
            raise NotPlain(value.name)
        return _resolved(macros[value.name], macros)
    if isinstance(value, list | tuple):
        return type(value)(_resolved(x, macros) for x in value)
    return value
