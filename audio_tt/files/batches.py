"""Many recordings at once: a name for each, and going on past those that cannot be read."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from absl import logging

from audio_tt.dsp import blocks
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.finding import Found

Item = TypeVar("Item")
Result = TypeVar("Result")


def names(paths: Iterable[Path]) -> dict[Path, str]:
    """A short name for each file, no two alike.

    It is the file's own without extension, after its folder's where files in several folders have
    it (`live_song`). The second of one folder keeps its extension (`song.mp3`), and where all that
    is not enough there is a number.

    Args:
        paths: files; one that comes again has one name.

    Returns:
        {path: name}, in order.
    """
    folders = {path: path.absolute().parent for path in paths}
    of_stem: dict[str, set[Path]] = {}
    for path, folder in folders.items():
        of_stem.setdefault(path.stem, set()).add(folder)
    given: dict[Path, str] = {}
    taken: set[str] = set()
    for path, folder in folders.items():
        begin = f"{folder.resolve().name}_" if len(of_stem[path.stem]) > 1 else ""
        given[path] = _free([begin + path.stem, begin + path.name], taken)
        taken.add(given[path])
    return given


def places(recordings: Iterable[Found]) -> dict[Path, Path]:
    """Where below a folder that is written to goes what is made of each recording.

    Args:
        recordings: what `audio_tt.files.finding.search` found.

    Returns:
        {recording: its place below the folder that was searched, ending in its name of `names`}.
    """
    recordings = list(recordings)
    groups: dict[Path, list[Path]] = {}
    for recording in recordings:
        groups.setdefault(recording.inside.parent, []).append(recording.path)
    placed = {
        path: folder / name
        for folder, group in groups.items()
        for path, name in names(group).items()
    }
    return {recording.path: placed[recording.path] for recording in recordings}


def distinct(wanted: Sequence[str]) -> list[str]:
    """Names, of which those that were there before get a number: a, a_2, a_3."""
    given: list[str] = []
    taken: set[str] = set()
    first = dict.fromkeys(wanted)
    for name in wanted:
        is_first = first.pop(name, name) is None
        given.append(name if is_first else _free([name], taken.union(first)))
        taken.add(given[-1])
    return given


def _free(candidates, taken):
    """The first candidate that is not taken, or else the last with a number."""
    for name in candidates:
        if name not in taken:
            return name
    number = 2
    while f"{candidates[-1]}_{number}" in taken:
        number += 1
    return f"{candidates[-1]}_{number}"


def each(function: Callable[[Item], Result], items: Iterable[Item]) -> tuple[list[Result], int]:
    """Calls a function for every item; what it raises for one does not keep it from the others.

    Args:
        function: of one item.
        items: at least one.

    Returns:
        (results, how many items failed); each failure is logged in one line.

    Raises:
        UserError: all failed; that of the last.
    """
    results, errors = [], []
    for item in items:
        try:
            results.append(function(item))
        except UserError as error:
            errors.append(error)
    for error in errors if results else errors[:-1]:
        logging.error("%s", error)
    if errors and not results:
        raise errors[-1]
    return results, len(errors)


def readable(paths: Iterable[Path]) -> tuple[list[Path], int]:
    """Those files that can be read to their end, and how many cannot; as `each`."""
    groups, failed = each(readable_group, ((path,) for path in paths))
    return [path for (path,) in groups], failed


def readable_group(paths: Sequence[Path]) -> Sequence[Path]:
    """Files that are of use together only, as they are.

    Raises:
        UserError: one of them cannot be read to its end.
    """
    for path in paths:
        for _ in io.blocks(path, io.info(path).sample_rate, blocks.SIZE):
            pass
    return paths
