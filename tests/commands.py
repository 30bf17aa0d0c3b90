"""The project's commands, each in a process of its own that has not to import the libraries.

A test that asks which modules a process loads, how much memory it takes, or what it does with its
standard input or a signal, begins a real one.
"""

import atexit
import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

_PROGRAM = Path(__file__).with_name("warm_process.py")


@functools.cache
def _process():
    process = subprocess.Popen(
        [sys.executable, _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    atexit.register(process.communicate)
    return process


def run(*words, cwd=None, **environment):
    """Runs a module, `python -m WORDS`; a script, or code after "-c", where those come first.

    Args:
      *words: the module and its arguments.
      cwd: the folder to run in.
      **environment: variables to set beside those of this process; None takes one away.

    Returns:
      `subprocess.CompletedProcess`.
    """
    words = [os.fsdecode(word) if isinstance(word, bytes) else str(word) for word in words]
    if words[0] != "-c" and not words[0].endswith(".py"):
        words.insert(0, "-m")
    variables = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1", **environment}
    with tempfile.TemporaryDirectory() as folder:
        streams = {name: Path(folder, name) for name in ("stdout", "stderr")}
        for path in streams.values():
            path.touch()
        wanted = {
            "words": words,
            "cwd": os.path.abspath(cwd or os.curdir),
            "env": {name: value for name, value in variables.items() if value is not None},
            **{name: str(path) for name, path in streams.items()},
        }
        process = _process()
        print(json.dumps(wanted), file=process.stdin, flush=True)
        status = int(process.stdout.readline())
        printed = {name: path.read_text("utf-8") for name, path in streams.items()}
    return subprocess.CompletedProcess(words, status, **printed)
