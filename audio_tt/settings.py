"""Gin settings: where the files are, how they are read, and what a run really used.

Gin itself is imported on the first call, so that `--help` does not pay for it.
"""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from absl import logging

from audio_tt import compat, gin_reading, setting_types
from audio_tt.errors import UserError
from audio_tt.gin_reading import gin_folder

__all__ = [
    "bind",
    "clear",
    "gin_folder",
    "operative_gin",
    "parse_gin",
    "refuse_unused",
    "value_of",
]

_UNKNOWN_REFERENCE = re.compile(r"matching reference '(@.+)'\.\s+In binding for '(.+)'")
_UNSET_MACRO = re.compile(r"'([\w./]+)/gin.macro'")

_given: list[str] = []  # the single settings that were read last
_used: dict = {}  # what was read of those before them, where both belong together


def parse_gin(
    files: Sequence[str | Path] = (),
    parameters: Sequence[str] = (),
    *,
    foreign: Collection[str | Path] = (),
    passed_over: Collection[str] = (),
    go_on: bool = False,
) -> None:
    """Starts from an empty configuration and reads settings: files first, then single parameters.

    Call it after the modules whose functions and classes are configurable have been imported. A
    file is looked for as given, beside the file that includes it, and in `gin_folder()` and its
    folders. What does not exist is refused, except in Magenta's files, which are known by their
    `import ddsp` or their first line: there, settings, names in lists (`[@One, @Two]`) and modules
    that are unknown here are passed over with a warning. In texts, `~` at the beginning and
    variables (`$HOME`) are filled in, as in paths on the command line.

    Args:
      files: In the order in which they are read.
      parameters: Single settings, such as `"train.batch_size=8"`; they win over the files.
      foreign: Those of the files that are Magenta's by where they were found.
      passed_over: What of Magenta's has no meaning here, such as `"Trainer.checkpoints_to_keep"`;
        passed over wherever it stands, and in Magenta's files without a word.
      go_on: Whether the same single settings were read before, for work that is done by now; what
        that has read counts for `refuse_unused`.

    Raises:
      UserError: A file is missing, does not parse, sets something that does not exist, sets a macro
        that nothing reads, or sets something to a value of another type.
    """
    import gin

    before = compat.gin_used() if go_on else {}
    gin.clear_config()
    reading = gin_reading.Reading(passed_over)
    for name in files:
        reading.file(gin_reading.find(name), including=(), is_foreign=name in foreign)
    for parameter in parameters:
        reading.parameter(parameter)
    reading.check_macros()
    if reading.skipped:
        gin_reading.drop_unknown_names()
    gin_reading.expand_paths()
    try:
        while not _finalized(reading.has_foreign):
            pass
    except gin_reading.GIN_ERRORS as error:
        macro = _UNSET_MACRO.search(str(error))
        reason = f"%{macro[1]} is used but never set" if macro else gin_reading.first_line(error)
        raise UserError(f"the settings do not fit together: {reason}") from error
    setting_types.check_bound_types()
    _given[:] = reading.parameters
    _used.clear()
    _used.update(before)


def refuse_unused(later: Collection[str] = ()) -> None:
    """Refuses single settings that were given and that nothing has read; call it after building.

    Args:
      later: Names of configurables that are still to be called.

    Raises:
      UserError: One would do nothing; names it.
    """
    used = [*compat.gin_used().items(), *_used.items()]
    for text in _given:
        for scope, configurable, parameter in compat.gin_targets(text):
            if configurable.rpartition(".")[2] in later:
                continue
            inner = f"{scope}/" if scope else ""
            if not any(
                name == configurable and parameter in values and f"{where}/".startswith(inner)
                for (where, name), values in used
            ):
                raise UserError(f"--gin_param={text} would do nothing: nothing here reads it")


def _finalized(skip_unknown: bool) -> bool:
    """Locks the settings; leaves one that is something unknown unset first, where there is one."""
    import gin

    try:
        gin.finalize()
    except gin_reading.GIN_ERRORS as error:
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


def value_of(parameter: str, default: object = None) -> object:
    """Returns what gin has for a parameter, macros put in; the default where it has nothing."""
    import gin

    try:
        value = gin.query_parameter(parameter)
    except ValueError:
        return default
    macro = compat.gin_macro(value)
    return value if macro is None else value_of(f"{macro}/gin.macro.value", default)


def operative_gin() -> str:
    """Returns the settings that were used so far, defaults included, as the text of a gin file.

    It holds the parameters of every configurable that was called, so taken after a model was built
    it rebuilds the model by itself.
    """
    import gin

    return gin.operative_config_str(max_line_length=100)
