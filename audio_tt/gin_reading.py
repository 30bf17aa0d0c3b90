"""The text of gin files and of single settings, read into gin piece by piece."""

import difflib
import inspect
import io
import re
import tokenize
from collections.abc import Collection
from pathlib import Path

from absl import logging

from audio_tt import compat
from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import paths
from audio_tt.files.text import read_text

GIN_ERRORS = (SyntaxError, ValueError, TypeError, NameError, ImportError)
_INCLUDE = re.compile(r"""^include\s+(['"])(?P<name>.+)\1\s*(#.*)?$""")
_FOREIGN_IMPORT = re.compile(r"^(import|from)\s+ddsp\b")
_FOREIGN = re.compile(r"^(import|from)\s+ddsp\b|^#\s*-\*-\s*gin\s*-\*-", re.MULTILINE)
_FOREIGN_FOLDERS = {"ddsp", "training", "gin"}
_UNKNOWN = re.compile(r"No configurable matching (?:reference )?'@?(?:.*/)?([\w.]+)(?:\(\))?'")
_UNKNOWN_PARAMETER = re.compile(r"Configurable '([\w.]+)' doesn't have a parameter named '(\w+)'")
_UNQUOTED = re.compile(r"Failed to parse token '(\w+)'")
_MACRO_SET = re.compile(r"^\s*([A-Za-z_][\w/]*)\s*=", re.MULTILINE)
_MACRO_READ = re.compile(r"%([A-Za-z_][\w./]*)")
_LOCATION = re.compile(r"\n\s*In .*?line (\d+)", re.DOTALL)


def gin_folder() -> Path:
    """Returns the folder of the settings that come with the package, one folder a system inside.

    In a checkout or an editable install that is `gin/` beside the packages, otherwise the copy that
    was installed as package data.
    """
    package = Path(__file__).resolve().parent
    installed, checkout = package / "gin_files", package.parent / "gin"
    return installed if any(installed.rglob("*.gin")) else checkout


class Reading:
    """What was met while files and parameters were read.

    Attributes:
      parameters: Those that count.
      skipped: Unknown names that were passed over.
      has_foreign: Whether one of the files is Magenta's.
    """

    def __init__(self, passed_over: Collection[str]):
        self.parameters, self.skipped, self.has_foreign = [], [], False
        self._passed_over, self._unknown = set(passed_over), {}
        self._macros, self._read_macros = {}, set()

    def file(self, path: Path, including: tuple[Path, ...], is_foreign: bool) -> None:
        """Reads a file in pieces between its includes, so that an include is found as a file is."""
        if path in including:
            raise UserError(f"{path} includes itself")
        text = read_text(path)
        is_foreign = is_foreign or _is_foreign(path, text)
        self.has_foreign |= is_foreign
        pending = []
        for line in text.splitlines(keepends=True):
            include = _INCLUDE.match(line)
            if include:
                self._text("".join(pending), str(path), is_foreign)
                pending = ["\n"] * len(pending)
                included = find(include["name"], beside=path.parent)
                self.file(included, (*including, path), is_foreign)
            pending.append("\n" if include or _FOREIGN_IMPORT.match(line) else line)
        self._text("".join(pending), str(path), is_foreign)
        self._warn(str(path))

    def parameter(self, text: str) -> None:
        """Reads a single setting."""
        if self._text(text, text, is_foreign=False).strip():
            self.parameters.append(text)
        self._warn(text)

    def check_macros(self) -> None:
        """Refuses a macro that nothing reads."""
        for macro, where in self._macros.items():
            if macro not in self._read_macros:
                hint = _suggestion(macro, self._read_macros)
                raise UserError(f"{where}: nothing reads the macro {macro}{hint}")

    def _text(self, text, name, is_foreign):
        """Parses a text; returns what is left of it without what was passed over."""
        import gin

        while True:
            stream = io.StringIO(text)
            stream.name = name
            try:
                gin.parse_config(stream, skip_unknown=is_foreign and self.skipped or False)
                break
            except (*GIN_ERRORS, tokenize.TokenError) as error:
                text, what = self._passing_over(error, text, name, is_foreign)
                # What is known to mean nothing is told to whom has typed it alone.
                if not (is_foreign and what in self._passed_over):
                    self._unknown.setdefault(name, []).append(what)
        self._read_macros.update(_MACRO_READ.findall(text))
        if not is_foreign:
            self._macros |= dict.fromkeys(_MACRO_SET.findall(text), name)
        return text

    def _warn(self, name):
        """Says in one line what was passed over in a file or a setting."""
        unknown = self._unknown.pop(name, None)
        if unknown:
            logging.warning("%s: not known here and passed over: %s", name, ", ".join(unknown))

    def _passing_over(self, error, text, name, is_foreign):
        """(text without what gin complains of, what that is).

        Raises:
          UserError: It is not to be passed over.
        """
        unknown = _UNKNOWN.search(str(error))
        parameter = _UNKNOWN_PARAMETER.search(str(error))
        line = _line_number(error)
        if parameter and line:
            what = f"{parameter[1].rpartition('.')[2]}.{parameter[2]}"
            if is_foreign or what in self._passed_over:
                return _without_statement(text, line), what
        if is_foreign and unknown and unknown[1] not in self.skipped:
            self.skipped.append(unknown[1])
            return text, unknown[1]
        if is_foreign and isinstance(error, ImportError) and line:
            what = f"line {line} ({text.splitlines()[line - 1].strip()})"
            return _without_statement(text, line), what
        raise UserError(_explain(error, name)) from error


def drop_unknown_names() -> None:
    """Takes bare names that do not exist out of the lists they stand in; all were warned about."""
    for bindings in compat.gin_bindings().values():
        for parameter, value in bindings.items():
            if isinstance(value, list | tuple):
                known = [item for item in value if not compat.is_unknown_gin_name(item)]
                bindings[parameter] = type(value)(known)


def expand_paths() -> None:
    """Fills in `~` at the beginning of texts, and variables, which only paths have."""
    for bindings in compat.gin_bindings().values():
        for parameter, value in bindings.items():
            bindings[parameter] = _expanded(value)


def _expanded(value):
    if isinstance(value, list | tuple):
        return type(value)(map(_expanded, value))
    is_path = isinstance(value, str) and (value.startswith("~") or "$" in value)
    return paths.expand(value) if is_path else value


def _is_foreign(path: Path, text: str) -> bool:
    """Whether a file is Magenta's: by what stands in it, or by the folder that it lies in."""
    return bool(_FOREIGN.search(text)) or _FOREIGN_FOLDERS <= set(path.resolve().parts)


def find(name: str | Path, beside: Path | None = None) -> Path:
    """Returns where a gin file is that is named on the command line or included by another.

    Args:
      name: A path, or a name such as ddsp/flute.gin.
      beside: The file that includes it.

    Raises:
      UserError: There is none.
    """
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
    unquoted = _UNQUOTED.search(str(error))
    if unquoted:
        return f"{where}: {unquoted[1]} is no value; a text stands in quotes, '{unquoted[1]}'"
    return f"{where}: {first_line(error)}"


def _parameters(configurable: str) -> list[str]:
    import gin

    return list(inspect.signature(gin.get_configurable(configurable)).parameters)


def _suggestion(word: str, known: Collection[str]) -> str:
    return did_you_mean(word.rsplit(".", 1)[-1], known)


def _line_number(error: Exception) -> int | None:
    if isinstance(error, SyntaxError) and error.lineno:
        return error.lineno
    location = _LOCATION.search(str(error))
    return int(location[1]) if location else None


def first_line(error: Exception) -> str:
    """Returns the first line of what an error of gin's says."""
    if isinstance(error, tokenize.TokenError):
        return "a bracket or a quotation mark is not closed"
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return (text or type(error).__name__).strip().splitlines()[0]
