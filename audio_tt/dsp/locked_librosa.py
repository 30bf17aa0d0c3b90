"""`from audio_tt.dsp.locked_librosa import librosa`: librosa, safe to load for the first time.

librosa compiles parts of itself when they are first imported and keeps the result beside its code.
Two processes that do so at once can leave a mixture behind that crashes every later YIN and pYIN
(https://github.com/numba/numba/issues/10128), so one at a time does.
"""

import contextlib
import hashlib
import importlib.util
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Waits until no other process of this user is inside."""
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    place = Path(importlib.util.find_spec("librosa").origin).parent
    name = hashlib.sha256(f"{place}{os.getuid()}".encode()).hexdigest()[:16]
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):  # nowhere to write: then nothing is kept either
            lock = Path(tempfile.gettempdir()) / f"librosa-{name}.lock"
            file = stack.enter_context(open(lock, "a"))
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


with alone():
    import librosa
    import librosa.core.pitch  # the lazy loader leaves it for later

    librosa.util.localmax  # noqa: B018  the same
