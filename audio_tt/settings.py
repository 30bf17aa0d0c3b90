"""Gin settings: where the files are, how they are read, and what a run really used.

Gin itself is imported on the first call, so that `--help` does not pay for it.
"""

import difflib
import inspect
import io
import re
import tokenize
from collections.abc import Sequence
from pathlib import Path

from absl import flags, logging

from audio_tt.errors import UserError
from audio_tt.files import paths
from audio_tt.files.text import read_text

_GIN_FILE = flags.DEFINE_multi_string(
    "gin_file", [], "Settings to read, in order: a path, or a name such as ddsp/flute.gin."
)
_GIN_PARAM = flags.DEFINE_multi_string(
    "gin_param", [], "One setting, as in Trainer.batch_size=8; wins over the files."
)

_GIN_ERRORS = (SyntaxError, ValueError, TypeError, NameError, ImportError)
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
    default_files: Sequence[str | Path] = (),
    *,
    skip_unknown: bool = False,
    command_line: bool = True,
) -> None:
    """Starts from an empty configuration and reads settings: files first, then single parameters.

    Call it after the modules whose functions and classes are configurable have been imported. A
    file is looked for as given, beside the file that includes it, and in `gin_folder()` and its
    folders. Lines that import Magenta's `ddsp` are passed over.

    Args:
      default_files: Read before the files of `--gin_file`.
      skip_unknown: Warn about settings of things, or of parameters, that do not exist here instead
        of refusing them. In a list of names (`[@One, @Two]`) those that do not exist are left out.

    Raises:
      UserError: A file is missing, does not parse, or sets something that does not exist.
    """
    import gin

    gin.clear_config()
    skipped = [] if skip_unknown else None
    has_flags = command_line and flags.FLAGS.is_parsed()
    for name in [*default_files, *(_GIN_FILE.value if has_flags else [])]:
        _parse_file(_find(name), skipped, including=())
    for parameter in _GIN_PARAM.value if has_flags else []:
        _parse_text(parameter, f"--gin_param={parameter}", skipped)
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
            else:
                raise UserError(_explain(error, name)) from error
            logging.warning("%s: %s is not known here and is passed over", name, what)


def _drop_unknown_names() -> None:
    """Takes bare names that do not exist out of the lists they stand in; all were warned about."""
    from gin import config

    def is_unknown(item: object) -> bool:
        return isinstance(item, config._UnknownConfigurableReference) and not item.evaluate

    for bindings in config._CONFIG.values():
        for parameter, value in bindings.items():
            if isinstance(value, list | tuple):
                bindings[parameter] = type(value)(v for v in value if not is_unknown(v))


def _without_statement(text: str, line: int) -> str:
    """Blanks the statement that begins in a line, counted from 1, to its end."""
    from gin import config, config_parser

    parser = config_parser.ConfigParser(io.StringIO(text), config.ParserDelegate(True))
    starts = sorted({statement.location.line_num for statement in parser})
    end = next((start for start in starts if start > line), None)
    lines = text.splitlines(keepends=True)
    here = slice(line - 1, end and end - 1)
    lines[here] = ["\n"] * len(lines[here])
    return "".join(lines)


def _explain(error: Exception, name: str) -> str:
    line = _line_number(error)
    where = f"{name}, line {line}" if line and not name.startswith("--") else name
    unknown = _UNKNOWN.search(str(error))
    if unknown:
        names = {selector.rsplit(".", 1)[-1] for selector in _configurables()}
        return f"{where}: nothing is called {unknown[1]}{_suggestion(unknown[1], names)}"
    parameter = _UNKNOWN_PARAMETER.search(str(error))
    if parameter:
        hint = _suggestion(parameter[2], _parameters(parameter[1]))
        return f"{where}: {parameter[1]} has no parameter {parameter[2]}{hint}"
    return f"{where}: {_first_line(error)}"


def _configurables() -> list[str]:
    from gin import config

    return [name for name, _ in config._REGISTRY.items() if not name.startswith("gin.")]


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
