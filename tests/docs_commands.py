"""The command lines of README and docs: what they are, and whether their modules would take them.

python tests/docs_commands.py < commands.json   (a list of argument lists; prints what is wrong)
"""

import contextlib
import importlib
import json
import os
import re
import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
_CODE = re.compile(
    r"^ *```(?P<language>\w*)\n(?P<block>.*?)^ *```|`(?P<inline>[^`]+)`", re.M | re.S
)
# What else stands in blocks: signal paths, gin, and what only sets up a shell.
_NO_COMMAND = re.compile(r".*->|include '|[\w.]+ = |export |cd ")
_PROGRAM = re.compile(r"^(?:(?:\.venv(?:-\w+)?/bin/)?(?:python3?|timbre-transfer(?:-app)?)|make)$")
_SOUND = re.compile(r"[\w.-]+\.(?:wav|flac|ogg|mp3)")
_OUTPUTS = ("output", "output_dir", "output_path", "save_dir", "run_path", "features_path")
_OUTPUTS += ("plot", "save_network", "midi")
# What modules write besides, by the values of their flags.
_OUTPUTS_OF = {
    "pix2pix_tt.synthesize_audios": "{audios_path}",
    "pix2pix_tt.train": "{models_path}/{origin}_2_{target}",
    "pix2pix_tt.train_generator": "{models_path}/{origin}_2_{target}_generator",
    "ddsp_tt.train_instrument": "home/ddsp/{name}",
    "ddsp_tt.train_two_stage": "runs/{name}",
}


def commands(page):
    """Yields (whether it stands in a block, words) for every command line of a page, in order.

    In the text, these are the ones that begin with a program of ours.
    """
    for code in _CODE.finditer(page.read_text("utf-8")):
        if code["inline"]:
            found = _commands_of(" ".join(code["inline"].split()))
            yield from ((False, words) for words in found if _PROGRAM.match(words[0]))
        elif not code["language"]:
            for line in code["block"].replace("\\\n", " ").splitlines():
                yield from ((True, words) for words in _commands_of(line))


def _commands_of(line):
    for part in re.split(r" && |; | \| ", line.split(" # ")[0].split("  #")[0]):
        try:
            words = shlex.split(part)
        except ValueError:
            continue
        while words and re.match(r"^\w+=", words[0]):  # KERAS_BACKEND=jax python ...
            words = words[1:]
        if words and not _NO_COMMAND.match(part):
            yield words


def module_of(words):
    """The module that a command runs, or None where it runs none."""
    if is_console_command(words):
        return "timbre_tt.app" if words[0].endswith("-app") else "timbre_tt.transfer"
    if len(words) > 2 and words[1] == "-m" and re.match(r"(\w+_tt|tools)\.", words[2]):
        return words[2]
    return None


def arguments_of(words):
    return words[1:] if is_console_command(words) else words[3:]


def is_console_command(words):
    return words[0].endswith(("timbre-transfer", "timbre-transfer-app"))


def benchmark_of(words):
    """The script below benchmarks/ that a command runs, or None where it runs none."""
    is_one = len(words) > 1 and words[1].startswith("benchmarks/")
    return ROOT / words[1] if is_one else None


def is_of_an_original(words):
    """Whether it is a command of one of the repositories that this project rebuilds."""
    is_script = len(words) > 1 and re.fullmatch(r"\w+\.py", words[1])
    return bool(is_script) and not (ROOT / words[1]).exists()


def outputs_of(words):
    """The paths that a command is told to write."""
    module = module_of(words)
    named = dict(word[2:].split("=", 1) for word in words if re.match(r"--\w+=", word))
    paths = [named[flag] for flag in _OUTPUTS if flag in named]
    if named.get("mode") == "eval":  # a run that is there is read
        return [f"{path}/evaluation" for path in paths]
    if module in _OUTPUTS_OF:
        with contextlib.suppress(KeyError):  # where the module is only named
            paths.append(_OUTPUTS_OF[module].format_map(named))
    files = [word for word in words[1:] if not word.startswith("-")]
    if module == "timbre_tt.transfer" and len(files) == 2 and "output_dir" not in named:
        paths.append(files[-1])
    if module == "style_tt.graphs" and "picture" not in named:
        paths.append(str(Path(files[-1]).with_suffix(".png")))
    return paths


def paths_in(words):
    """Whatever a command names that may be a path, outputs among them."""
    for word in words[1:]:
        yield from (word.partition("=")[2] if word.startswith("-") else word).split(",")


def is_sound_file(path):
    """Whether it is a sound file in the working folder, as a reader's own are called."""
    return bool(_SOUND.fullmatch(path))


def problem_of(in_block, words):
    """What is wrong with a command, or None. To be called in a process of its own."""
    from absl import flags

    from audio_tt.command import app

    name, arguments = module_of(words), arguments_of(words)
    if "--" in arguments:  # what stands behind it is for other commands
        arguments = arguments[: arguments.index("--")]
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
    import audio_tt.command.app  # noqa: F401  what all of them need is loaded once

    by_module = {}
    for in_block, words in json.load(sys.stdin):
        by_module.setdefault(module_of(words), []).append((in_block, words))
    for module, found in by_module.items():
        in_a_copy(print_problems, module, found)


def print_problems(module, found):
    """Prints what is wrong with commands of one module, each looked at by a copy of its own."""
    with contextlib.suppress(ImportError):  # which is said of each command
        importlib.import_module(module)
    for in_block, words in found:
        in_a_copy(print_problem, in_block, words)


def print_problem(in_block, words):
    if problem := problem_of(in_block, words):
        print(f"{shlex.join(words)}: {problem}")


def in_a_copy(function, *arguments):
    """Calls a function in a copy of this process, and waits for it."""
    sys.stdout.flush()
    if os.fork() == 0:
        try:
            function(*arguments)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.wait()


if __name__ == "__main__":
    _main()
