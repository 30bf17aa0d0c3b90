"""Derived files remember the settings that made them: a hidden record beside each of them.

What is derived from recordings takes hours to make, so that commands keep what is there. Kept
after the settings have changed it would be stale without a word; so each file that is made has
`.NAME.made.json` beside it, and is made again where that says something else.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from absl import logging

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.files.paths import shortened


def record_path(path: str | os.PathLike) -> Path:
    """Returns where the record of a file lies."""
    path = Path(path)
    return path.with_name(shortened(f".{path.name}", ".made.json"))


def record(path: str | os.PathLike, settings: Mapping) -> None:
    """Writes down what a file was made with, after it was written.

    Args:
        path: the file.
        settings: what decides its content, of values that JSON knows (tuples become lists).

    Raises:
        UserError: the place cannot be written to.
    """
    text = json.dumps({"settings": settings, "sha256": digest(path)}, indent=1, sort_keys=True)
    with replacing(record_path(path)) as temporary:
        temporary.write_text(text + "\n", "utf-8")


def must_be_made(path: str | os.PathLike, settings: Mapping) -> bool:
    """Says whether a file is missing, or was made with other settings.

    A file without a record is kept: the user brought it along.

    Args:
        path: the file.
        settings: what it shall be made with, as for `record`.

    Raises:
        UserError: it was made with other settings and has been changed since, so that making it
            again would overwrite somebody's work; or its record is damaged.
    """
    if not os.path.exists(path):
        return True
    recorded = _read(path)
    if recorded is None or recorded["settings"] == _as_json(settings):
        return False
    if recorded["sha256"] != digest(path):
        raise UserError(
            f"{path}: was made with other settings ({difference(path, settings)}) and has been "
            "changed since; remove it, or write into another folder."
        )
    return True


def difference(path: str | os.PathLike, settings: Mapping) -> str:
    """Names the settings that a file was made with and that are others now.

    Returns:
        "NAME was OLD, now NEW" for each, nested names with dots; "" without a record.
    """
    recorded = _read(path)
    if recorded is None:
        return ""
    before, now = _flat(recorded["settings"]), _flat(_as_json(settings))
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(f"{name} was {before.get(name)}, now {now.get(name)}" for name in changed)


def warn_of_remaking(stale: Iterable[tuple[str | os.PathLike, Mapping]]) -> None:
    """Says how many files are made again because of other settings, and which ones in the first.

    Args:
        stale: (path, settings) of files that must be made; those that are missing do not count.
    """
    stale = [(path, settings) for path, settings in stale if difference(path, settings)]
    if stale:
        logging.warning(
            "%d files were made with other settings and are made again (%s: %s).",
            len(stale),
            stale[0][0],
            difference(*stale[0]),
        )


def discard(path: str | os.PathLike) -> None:
    """Removes a file that is to be made again, and then its record.

    In this order, so that a process that is killed never leaves an old file without its record.
    """
    Path(path).unlink(missing_ok=True)
    record_path(path).unlink(missing_ok=True)


def read_manifest(path: Path, settings: Mapping) -> dict | None:
    """Reads what says of a whole folder how it was made.

    Args:
        path: the JSON file in it, which may say more.
        settings: what the folder shall be made with.

    Returns:
        What the file says; None where there is none yet.

    Raises:
        UserError: the folder was made with other settings.
    """
    if not path.is_file():
        return None
    known = json.loads(path.read_text("utf-8"))
    for name, value in _as_json(settings).items():
        if known.get(name) != value:
            raise UserError(
                f"{path.parent} was made with {name} {known.get(name)}, not {value}; remove it, "
                "or use another folder"
            )
    return known


def _read(path):
    file = record_path(path)
    if not file.is_file():
        return None
    try:
        recorded = json.loads(file.read_text("utf-8"))
        return {key: recorded[key] for key in ("settings", "sha256")}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file}: is damaged; remove it together with {path}.") from error


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_json(settings):
    return json.loads(json.dumps(settings))


def _flat(settings, prefix=""):
    flat = {}
    for name, value in settings.items():
        inner = isinstance(value, dict)
        flat |= _flat(value, f"{prefix}{name}.") if inner else {prefix + name: value}
    return flat
