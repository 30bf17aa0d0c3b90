"""Files that are either whole or not there at all."""

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from audio_tt.errors import UserError

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG}
_DISK_ERRORS |= {errno.ENAMETOOLONG}
_EXTENSIONS = re.compile(r"(\.[A-Za-z0-9]{1,10}){0,2}$")


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[Path]:
    """Yields a temporary path beside `path` and moves it to `path` when the block ends well.

    The temporary name is short and has the extensions of `path`, so that writers which look at them
    behave. A missing parent folder is made. When the block raises, the temporary file is removed
    and whatever stood at `path` before is untouched. A symbolic link is written through.

    Args:
        path: where the finished file shall be.

    Yields:
        The path to write to; it does not exist yet.

    Raises:
        UserError: the place cannot be written to (not a folder, no permission, disk full).
    """
    target = Path(os.path.realpath(path))
    if _is_no_file(target):
        raise UserError(f"{path}: cannot be written: it is there already and is no ordinary file.")
    extensions = _EXTENSIONS.search(target.name)[0]
    temporary = target.with_name(f".{secrets.token_hex(4)}{extensions}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        is_here = error.filename is None or Path(error.filename).parent == target.parent
        if (is_here and error.errno in _DISK_ERRORS) or not target.parent.is_dir():
            raise UserError(f"{path}: cannot be written: {os.strerror(error.errno)}.") from error
        raise
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _is_no_file(target):
    try:
        return target.exists() and not target.is_file()
    except OSError as error:
        raise UserError(f"{target}: cannot be written: {os.strerror(error.errno)}.") from error
