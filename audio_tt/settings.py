"""Gin settings: where the files are, how they are read, and what a run really used.

Gin itself is imported on the first call, so that `--help` does not pay for it.
"""

import difflib
import functools
import inspect
import io
import re
import tokenize
import types
import typing
from collections.abc import Callable, Sequence
from pathlib import Path

from absl import logging

from audio_tt import compat
from audio_tt.errors import UserError
from audio_tt.files import paths
from audio_tt.files.text import read_text

_GIN_ERRORS = (SyntaxError, ValueError, TypeError, NameError, ImportError)
_PLAIN_TYPES = {int: "a whole number", float: "a number", bool: "True or False", str: "a text"}
_INCLUDE = re.compile(r"""^include\s+(['"])(?P<name>.+)\1\s*(#.*)?$""")
_FOREIGN_IMPORT = re.compile(r"^(import|from)\s+ddsp\b")
_UNKNOWN = re.compile(r"No configurable matching (?:reference )?'@?(?:.*/)?([\w.]+)(?:\(\))?'")
_UNKNOWN_PARAMETER = re.compile(r"Configurable '([\w.]+)' doesn't have a parameter named '(\w+)'")
_UNKNOWN_REFERENCE = re.compile(r"matching reference '(@.+)'\.\s+In binding for '(.+)'")
_UNSET_MACRO = re.compile(r"'([\w./]+)/gin.macro'")
_LOCATION = re.compile(r"\n\s*In .*?line (\d+)", re.DOTALL)


def gin_folder() -> Path:
    """Returns the folder of the settings that come with the package, one folder a system inside.

    In a checkout or an editable install that is `gin/` beside the packages, otherwise the copy that
    was installed as package data.
    """
    package = Path(__file__).resolve().parent
    installed, checkout = package / "gin_files", package.parent / "gin"
    return installed if any(installed.rglob("*.gin")) else checkout


def parse_gin(
    files: Sequence[str | Path] = (),
    parameters: Sequence[str] = (),
    *,
    skip_unknown: bool = False,
) -> None:
    """Starts from an empty configuration and reads settings: files first, then single parameters.

    Call it after the modules whose functions and classes are configurable have been imported. A
    file is looked for as given, beside the file that includes it, and in `gin_folder()` and its
    folders. Lines that import Magenta's `ddsp` are passed over.

    Args:
      files: In the order in which they are read.
      parameters: Single settings, such as `"Trainer.batch_size=8"`; they win over the files.
      skip_unknown: Warn about settings of things, or of parameters, that do not exist here, and
        about modules that cannot be imported, instead of refusing them. In a list of names
        (`[@One, @Two]`) those that do not exist are left out.

    Raises:
      UserError: A file is missing, does not parse, or sets something that does not exist.
    """
    import gin

    gin.clear_config()
    skipped = [] if skip_unknown else None
    for name in files:
        _parse_file(_find(name), skipped, including=())
    for parameter in parameters:
        _parse_text(parameter, parameter, skipped)
    if skip_unknown:
        _drop_unknown_names()
    try:
        while not _finalized(skipped is not None):
            pass
    except _GIN_ERRORS as error:
        macro = _UNSET_MACRO.search(str(error))
        reason = f"%{macro[1]} is used but never set" if macro else _first_line(error)
        raise UserError(f"the settings do not fit together: {reason}") from error


def _finalized(skip_unknown: bool) -> bool:
    """Locks the settings; leaves one that is something unknown unset first, where there is one."""
    import gin

    try:
        gin.finalize()
    except _GIN_ERRORS as error:
        unknown = _UNKNOWN_REFERENCE.search(str(error)) if skip_unknown else None
        if unknown is None:
            raise
        logging.warning("%s is not known here, so %s is not set", unknown[1], unknown[2])
        gin.bind_parameter(unknown[2], None)
        return False
    return True


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
    allowed = set(typing.get_args(kind) if isinstance(kind, types.UnionType) else [kind])
    if not allowed <= {*_PLAIN_TYPES, types.NoneType}:
        return
    is_number = float in allowed and type(value) is int
    if type(value) not in allowed and not is_number:
        wanted = " or ".join(sorted(_PLAIN_TYPES.get(part, "None") for part in allowed))
        raise UserError(f"{name} is {value!r}; it must be {wanted}")


def bind(parameter: str, value: object) -> None:
    """Sets one gin parameter, as a flag that was given does; None leaves gin's own value.

    Binding rather than passing an argument keeps the value in `operative_gin()`.

    Args:
      parameter: Such as `"train.epochs"`.
      value: Any value, or None for "the flag was not given".
    """
    import gin

    if value is None:
        return
    with gin.unlock_config():
        gin.bind_parameter(parameter, value)


def clear(parameter: str) -> None:
    """Sets one gin parameter to None, so that what it refers to is not made.

    Args:
      parameter: Such as `"train.data_provider"`.
    """
    import gin

    with gin.unlock_config():
        gin.bind_parameter(parameter, None)


def operative_gin() -> str:
    """Returns the settings that were used so far, defaults included, as the text of a gin file.

    It holds the parameters of every configurable that was called, so taken after a model was built
    it rebuilds the model by itself.
    """
    import gin

    return gin.operative_config_str(max_line_length=100)


def _find(name: str | Path, beside: Path | None = None) -> Path:
    name = paths.expand(name)
    # Magenta's files include each other from a folder above their own.
    near = [beside, *beside.resolve().parents[:3]] if beside else []
    systems = [path for path in sorted(gin_folder().iterdir()) if path.is_dir()]
    folders = [Path(), *near, gin_folder(), *systems]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    known = sorted(str(path.relative_to(gin_folder())) for path in gin_folder().rglob("*.gin"))
    close = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5) or known[:6]
    hint = f"; there are for example {', '.join(close)}" if close else ""
    raise UserError(f"no such gin file: {name}{hint}")


def _parse_file(path: Path, skipped: list[str] | None, including: tuple[Path, ...]) -> None:
    """Parses one file in pieces between its includes, so that an include is found as a file is."""
    if path in including:
        raise UserError(f"{path} includes itself")
    lines = read_text(path).splitlines(keepends=True)
    pending = []
    for line in lines:
        include = _INCLUDE.match(line)
        if include:
            _parse_text("".join(pending), str(path), skipped)
            pending = ["\n"] * len(pending)
            included = _find(include["name"], beside=path.parent)
            _parse_file(included, skipped, (*including, path))
        pending.append("\n" if include or _FOREIGN_IMPORT.match(line) else line)
    _parse_text("".join(pending), str(path), skipped)


def _parse_text(text: str, name: str, skipped: list[str] | None) -> None:
    import gin

    while True:
        stream = io.StringIO(text)
        stream.name = name
        try:
            gin.parse_config(stream, skip_unknown=skipped or False)
            return
        except (*_GIN_ERRORS, tokenize.TokenError) as error:
            unknown = _UNKNOWN.search(str(error))
            parameter = _UNKNOWN_PARAMETER.search(str(error))
            line = _line_number(error)
            if skipped is not None and unknown and unknown[1] not in skipped:
                skipped.append(unknown[1])
                what = unknown[1]
            elif skipped is not None and parameter and line:
                text = _without_statement(text, line)
                what = f"{parameter[1]}.{parameter[2]}"
            elif skipped is not None and isinstance(error, ImportError) and line:
                what = f"line {line}, {text.splitlines()[line - 1].strip()!r},"
                text = _without_statement(text, line)
            else:
                raise UserError(_explain(error, name)) from error
            logging.warning("%s: %s is not known here and is passed over", name, what)


def _drop_unknown_names() -> None:
    """Takes bare names that do not exist out of the lists they stand in; all were warned about."""
    for bindings in compat.gin_bindings().values():
        for parameter, value in bindings.items():
            if isinstance(value, list | tuple):
                known = [item for item in value if not compat.is_unknown_gin_name(item)]
                bindings[parameter] = type(value)(known)


def _without_statement(text: str, line: int) -> str:
    """Blanks the statement that begins in a line, counted from 1, to its end."""
    end = next((start for start in compat.gin_statement_lines(text) if start > line), None)
    lines = text.splitlines(keepends=True)
    here = slice(line - 1, end and end - 1)
    lines[here] = ["\n"] * len(lines[here])
    return "".join(lines)


def _explain(error: Exception, name: str) -> str:
    line = _line_number(error)
    where = f"{name}, line {line}" if line and Path(name).is_file() else name
    unknown = _UNKNOWN.search(str(error))
    if unknown:
        names = {selector.rsplit(".", 1)[-1] for selector in compat.gin_configurables()}
        return f"{where}: nothing is called {unknown[1]}{_suggestion(unknown[1], names)}"
    parameter = _UNKNOWN_PARAMETER.search(str(error))
    if parameter:
        hint = _suggestion(parameter[2], _parameters(parameter[1]))
        return f"{where}: {parameter[1]} has no parameter {parameter[2]}{hint}"
    return f"{where}: {_first_line(error)}"


def _parameters(configurable: str) -> list[str]:
    import gin

    return list(inspect.signature(gin.get_configurable(configurable)).parameters)


def _suggestion(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word.rsplit(".", 1)[-1], sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _line_number(error: Exception) -> int | None:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    location = _LOCATION.search(str(error))
    return int(location[1]) if location else None


def _first_line(error: Exception) -> str:
    if isinstance(error, tokenize.TokenError):
        return "a bracket or a quotation mark is not closed"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return (text or type(error).__name__).strip().splitlines()[0]
