"""The start of every command: flags, gin settings, plain messages and exit codes.

A command is a module with flags and a `main`:

    '''Turns a flute into a violin.'''

    from audio_tt.command import app, path_flags

    _RUN_DIR = path_flags.DEFINE_path("run_dir", None, "Folder of the model.", required=True)


    def main(input_path, output_path):
        from ddsp_tt.playing import transfer  # what needs the framework is imported here

        app.parse_gin()
        ...


    if __name__ == "__main__":
        app.run(main, positional="INPUT OUTPUT")

Importing this module keeps TensorFlow quiet and the user's settings for other programs out, so it
comes before Keras.
"""

import difflib
import errno
import logging as python_logging
import os
import re
import sys
import warnings
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from absl import flags, logging

from audio_tt import settings
from audio_tt.command import (
    gin_flags,
    gpu_flags,
    help_text,
    quick_keras,
    quiet_tensorflow,
    surroundings,
)
from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.settings import bind, gin_folder, operative_gin

__all__ = ["bind", "gin_folder", "operative_gin", "parse_gin", "progress", "run"]

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
quiet_tensorflow.install()
quick_keras.install()
surroundings.install()

_GIN_CALL = "\n  In call to configurable"  # what gin adds to any message that passes through it
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def run(
    main: Callable[..., int | None],
    argv: Sequence[str] | None = None,
    *,
    positional: str = "",
    reads_gin: bool = True,
) -> None:
    """Runs a command and leaves the process with its exit code.

    Exit codes: 0 done, or what `main` returns; 1 a `UserError`, printed as one line; 2 wrong flags
    or arguments; 130 interrupted. Any other exception is a defect and keeps its traceback.

    Args:
      main: Called with the positional arguments, as strings.
      argv: Program name and arguments; those of the process when None.
      positional: Names of the positional arguments: "INPUT OUTPUT", "INPUT [OUTPUT]" (may be left
        out), "FILE..." (one or more, also before another) or "[FILE...]" (any number). None are
        allowed when empty.
      reads_gin: Whether the command has settings; if not, `--gin_file` and `--gin_param` are
        refused.
    """
    argv = sys.argv if argv is None else list(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of files in any encoding
    try:
        code = _run(main, argv, positional, reads_gin)
        sys.stdout.flush()
    except flags.Error as error:
        code = _fail(f"{_plain_flag_error(error)}; see --help", 2)
    except UserError as error:
        code = _fail(str(error).split(_GIN_CALL)[0], 1)
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except MemoryError:
        code = _fail("not enough memory; close other programs or use a smaller batch or block", 1)
    except OSError as error:
        message = _plain_os_error(error)
        if message is None:
            raise
        code = _fail(message, 1)
    sys.exit(code)


def parse_gin(
    default_files: Sequence[str | Path] = (),
    *,
    foreign: Collection[str | Path] = (),
    passed_over: Collection[str] = (),
    go_on: bool = False,
) -> None:
    """Reads settings as `audio_tt.settings.parse_gin` does, those of the command line last.

    Args:
      default_files: Read before the files of `--gin_file`.
      foreign: As there.
      passed_over: As there.
      go_on: As there.

    Raises:
      UserError: A setting cannot be read.
    """
    files = [*default_files, *gin_flags.files()]
    parameters = gin_flags.parameters()
    settings.parse_gin(files, parameters, foreign=foreign, passed_over=passed_over, go_on=go_on)


def define_strategy_flag() -> None:
    """Defines `--strategy`, for `audio_tt.training.devices.start`."""
    flags.DEFINE_enum(
        "strategy",
        None,
        ["mirrored", "multiworker"],
        "Train on all devices of this machine (mirrored), or of the machines in the environment "
        "variable TF_CONFIG (multiworker): the same command on each, one --run_dir for all.",
    )


def _run(main: Callable[..., int | None], argv: list[str], positional: str, reads_gin: bool) -> int:
    options = argv[1 : argv.index("--")] if "--" in argv else argv[1:]
    wanted = {option.lstrip("-") for option in options if option.startswith("-")}
    if wanted & {"help", "helpshort", "helpfull", "h", "?"}:
        describe = help_text.full_help if "helpfull" in wanted else help_text.short_help
        print(describe(main.__module__, positional, help_text.program_name(argv)))
        return 0
    arguments = flags.FLAGS(_join_booleans(argv))[1:]
    _check_positional(arguments, positional)
    if not reads_gin and any(gin_flags.given().values()):
        raise flags.Error("this command has no settings: --gin_file and --gin_param do nothing")
    _set_up_messages()
    gpu_flags.apply()
    return main(*arguments) or 0


def _join_booleans(argv: list[str]) -> list[str]:
    """Reads `--flag True` of a boolean flag, as argparse and fire take it, as `--flag=True`."""
    joined = argv[:1]
    for word in argv[1:]:
        name = joined[-1].lstrip("-") if len(joined) > 1 else ""
        is_boolean = name != joined[-1] and name in flags.FLAGS and flags.FLAGS[name].boolean
        if is_boolean and word.lower() in ("true", "false"):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def _check_positional(arguments: list[str], positional: str) -> None:
    names = positional.split()
    least = sum(not name.startswith("[") for name in names)
    if len(arguments) < least:
        raise flags.Error(f"{names[len(arguments)].rstrip('.')} is missing")
    if len(arguments) > len(names) and "..." not in positional:
        raise flags.Error(f"unexpected argument {arguments[len(names)]!r}")


class _Handler(python_logging.Handler):
    """Prints messages as plain lines on standard error, above a progress bar where there is one."""

    def emit(self, record: python_logging.LogRecord) -> None:
        level = record.levelname.lower()
        prefix = f"{level}: " if record.levelno >= python_logging.WARNING else ""
        line = prefix + record.getMessage()
        if "tqdm" in sys.modules:
            sys.modules["tqdm"].tqdm.write(line, file=sys.stderr)
        else:
            sys.stderr.write(line + "\n")


def _set_up_messages() -> None:
    """Lets only our own messages (absl's logger) and other libraries' errors through."""
    verbosity = flags.FLAGS["verbosity"]
    if verbosity.using_default_value:
        logging.set_verbosity(logging.INFO)
    elif verbosity.value < 0:
        logging.set_verbosity(logging.ERROR)
    root = python_logging.getLogger()
    root.handlers = [_Handler()]
    root.setLevel(python_logging.ERROR)
    python_logging.getLogger("tensorflow").setLevel(python_logging.ERROR)
    if not sys.warnoptions:
        warnings.simplefilter("ignore")


def _fail(message: str, code: int) -> int:
    sys.stderr.write("error: " + message.replace("\n", " ") + "\n")
    return code


def _plain_flag_error(error: flags.Error) -> str:
    if isinstance(error, flags.UnrecognizedFlagError):
        close = difflib.get_close_matches(error.flagname, list(flags.FLAGS), n=1)
        hint = f"; did you mean --{close[0]}?" if close else ""
        return f"there is no flag --{error.flagname}{hint}"
    text = str(error)
    required = re.findall(r"Flag --(\w+) must have a value other than None", text)
    if required:
        return f"--{required[0]} is required"
    given = re.search(r"flag (--[^:]*=.*?): (invalid literal for int|could not convert)", text)
    if given:
        kind = "a whole number" if "int" in given[2] else "a number"
        return f"{given[1]} is not {kind}"
    return text.splitlines()[0]


def _plain_os_error(error: OSError) -> str | None:
    """Says what the system refused; None where that is no matter of the user's."""
    if error.errno in _NO_SPACE or "No space left" in str(error):
        where = f" for {error.filename}" if error.filename else ""
        return f"no space left on the disk{where}"
    if error.filename is not None and error.strerror:
        return f"{error.strerror.lower()}: {error.filename}"
    return None
