"""Imports TensorFlow without the lines that its C++ parts print before any setting can stop them.

On processors that oneDNN has fast paths for, two libraries of TensorFlow say so while they are
loaded, whatever TF_CPP_MIN_LOG_LEVEL is. What else comes on standard error is passed on.
"""

import contextlib
import os
import re
import sys
import tempfile

from audio_tt.command import first_import

_CHATTER = re.compile(rb"WARNING: All log messages before absl::InitializeLog|I0000 .*oneDNN")


def install() -> None:
    """From now on, the first import of TensorFlow is quiet."""
    first_import.within("tensorflow", _filtered_stderr)


@contextlib.contextmanager
def _filtered_stderr():
    """Holds back what is written to file descriptor 2, and then writes what is no chatter."""
    try:
        held = tempfile.TemporaryFile()
        original = os.dup(2)
    except OSError:  # closed, or nowhere to write
        yield
        return
    sys.stderr.flush()
    with held, contextlib.ExitStack() as stack:
        os.dup2(held.fileno(), 2)
        stack.callback(_pass_on, held, original)
        yield


def _pass_on(held, original):
    sys.stderr.flush()
    os.dup2(original, 2)
    os.close(original)
    held.seek(0)
    lines = [line for line in held.read().splitlines(keepends=True) if not _CHATTER.match(line)]
    os.write(2, b"".join(lines))
