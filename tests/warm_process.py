"""Becomes one command after the other; see `commands`.

Imports once what is slow to import: other packages. Each command imports its own parts.

Then it reads a line of JSON for each command, makes a copy of itself that runs it, and answers with
the exit status.
"""

import atexit
import gc
import importlib
import importlib.util
import json
import os
import runpy
import sys
import threading
import traceback

from audio_tt.command import app

SLOW = ("keras", "tensorflow", "scipy.signal", "soundfile", "soxr", "h5py", "matplotlib.figure")
SLOW += ("audio_tt.dsp.locked_librosa",)


def become(wanted):
    """Takes over the folder, the environment and the streams that a command is to have."""
    os.chdir(wanted["cwd"])
    os.environ.clear()
    os.environ.update(wanted["env"])
    for number, path in enumerate((os.devnull, wanted["stdout"], wanted["stderr"])):
        file = os.open(path, os.O_WRONLY if number else os.O_RDONLY)
        os.dup2(file, number)
        os.close(file)


def run(program, *arguments):
    """Runs a module, code or a script, as Python itself would."""
    sys.path[0] = ""
    if program == "-m":
        sys.argv = list(arguments)
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    elif program == "-c":
        sys.argv = [program, *arguments[1:]]
        exec(compile(arguments[0], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


def ended(wanted):
    """Runs what is wanted; returns the exit status, as Python itself makes it."""
    try:
        run(*wanted["words"])
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def leave(status):
    """Ends the process without taking apart what was imported, which takes longer than a run."""
    threading._shutdown()  # wakes the workers of pools that were left open, and waits
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status & 0xFF)


def main():
    """Answers until there is nobody to ask."""
    assert app
    for name in SLOW:
        if importlib.util.find_spec(name.split(".")[0]):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a copy that looks for garbage would copy every page
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            wanted = json.loads(line)
            become(wanted)
            leave(ended(wanted))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
