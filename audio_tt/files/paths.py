"""What a user means by a path, and by several in one word."""

import hashlib
import os
import re

_MOST_BYTES = 255
_PART = re.compile(r"(:[^:/,]*){1,2}$")  # of what a path names, as in FILE.sf2:BANK:PROGRAM


def expand(word: str | os.PathLike) -> str:
    """A path with `~` and `$VARIABLES` filled in; as it is where there is such a file."""
    word = os.fspath(word)
    if os.path.lexists(word):
        return word
    return os.path.expandvars(os.path.expanduser(word))


def shortened(name: str, ending: str) -> str:
    """A name and its ending, the name cut where both are longer than a file system takes (255 B).

    What is cut off has a mark in its place, so that names that differ there stay different.
    """
    data, most = os.fsencode(name), _MOST_BYTES - len(os.fsencode(ending))
    if len(data) > most:
        mark = "~" + hashlib.sha256(data).hexdigest()[:6]
        name = data[: most - len(mark)].decode("utf-8", "ignore") + mark
    return name + ending


def printable(name: str) -> str:
    """A name with a mark in place of each byte that is not in the encoding of the file system."""
    return os.fsencode(name).decode("utf-8", "replace")


def split(word: str) -> list[str]:
    """The paths in a comma-separated list; a comma in the name of an existing file is its own.

    Returns:
      From the left, each time the longest part that is an existing path (with what is named of it
      after a colon), or else what comes before the next comma; expanded.
    """
    parts, paths = word.split(","), []
    while parts:
        counts = range(len(parts), 0, -1)
        joined = {count: expand(",".join(parts[:count])) for count in counts}
        count = next((count for count in counts if _is_there(joined[count])), 1)
        paths.append(joined[count] if _is_there(joined[count]) else expand(parts[0].strip()))
        parts = parts[count:]
    return [path for path in paths if path]


def _is_there(path):
    return os.path.lexists(path) or os.path.lexists(_PART.sub("", path))
