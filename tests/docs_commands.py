"""The command lines of README and docs, and whether the modules that they name would take them.

python tests/docs_commands.py < commands.json   (a list of argument lists; prints what is wrong)
"""

import importlib
import json
import os
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_BLOCK = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.M | re.S)
_INLINE = re.compile(r"`([^`]+)`")
_PROGRAM = re.compile(r"^(?:(?:\.venv(?:-\w+)?/bin/)?(?:python3?|timbre-transfer)|make)$")


def commands(page):
    """Yields (whether it stands in a block, words) for every command line of a page."""
    text = page.read_text("utf-8")
    for block in _BLOCK.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            yield from ((True, words) for words in _commands_of(line))
    for code in _INLINE.findall(_BLOCK.sub("", text)):
        yield from ((False, words) for words in _commands_of(" ".join(code.split())))


def _commands_of(line):
    for part in re.split(r" && |; | \| ", line.split(" # ")[0].split("  #")[0]):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        while words and re.match(r"^\w+=", words[0]):  # KERAS_BACKEND=jax python ...
            words = words[1:]
        if words and _PROGRAM.match(words[0]):
            yield words


def module_of(words):
    """The module that a command runs, or None where it runs none."""
    if words[0].endswith("timbre-transfer"):
        return "timbre_tt.transfer"
    if len(words) > 2 and words[1] == "-m" and re.match(r"\w+_tt\.", words[2]):
        return words[2]
    return None


def arguments_of(words):
    return words[1:] if words[0].endswith("timbre-transfer") else words[3:]


def problem_of(in_block, words):
    """What is wrong with a command, or None. To be called in a process of its own."""
    from absl import flags

    from audio_tt import app

    name, arguments = module_of(words), arguments_of(words)
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return str(error)
    if hasattr(module, "_define_flags"):
        module._define_flags(arguments)
    given = [word for word in arguments if word.startswith("--")]
    asks_for_help = bool(set(given) & {"--help", "--helpfull"})
    for word in [] if asks_for_help else given:
        flag = word[2:].partition("=")[0]
        if flag not in flags.FLAGS and flag.removeprefix("no") not in flags.FLAGS:
            return f"there is no flag --{flag}"
    if not in_block or asks_for_help:
        return None
    try:
        flags.FLAGS(app._join_booleans(["program", *arguments]))
    except flags.Error as error:
        return str(error)
    return None


def _main():
    import audio_tt.app  # noqa: F401  what all of them need is loaded once

    for in_block, words in json.load(sys.stdin):
        sys.stdout.flush()
        if os.fork() == 0:
            problem = problem_of(in_block, words)
            if problem:
                print(f"{shlex.join(words)}: {problem}")
            sys.stdout.flush()
            os._exit(0)
        os.wait()


if __name__ == "__main__":
    _main()
