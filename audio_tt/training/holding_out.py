"""What is kept back from training, for all systems alike: names alone decide."""

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable

from absl import logging

_NUMBER = re.compile(r"_\d+$")


def share_of(split: float | None) -> float | None:
    """The share to hold out that `--validation_split` means.

    Args:
      split: the flag's value; above 0.5 it is the share to train on, as in the original scripts.
    """
    if split is None or split <= 0.5:
        return split
    logging.info(
        "--validation_split=%g is read as the share to train on: %.3g is held out", split, 1 - split
    )
    return round(1.0 - split, 9)


def place_of(name: str) -> float:
    """A number from 0 to 1, evenly spread over names, by which they stand in line."""
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:4], "big") / 2**32


def is_held_out(name: str, share: float = 0.1) -> bool:
    """Whether one of a collection that may grow is held out, whatever else is in it.

    Args:
      name: of a piece of music.
      share: of all names there could be.
    """
    return place_of(name) < share


def choose(names: Iterable[str], share: float) -> set[str]:
    """Chooses which ones to hold out.

    Args:
      names: of recordings.
      share: of them; at least one is held out unless it is 0, and at least one is not.
    """
    ordered = sorted(set(names), key=lambda name: (place_of(name), name))
    count = round(share * len(ordered))
    if share > 0.0 and len(ordered) > 1:
        count = min(max(count, 1), len(ordered) - 1)
    return set(ordered[:count])


def choose_pieces(
    names: Collection[str], share: float, recording_of: Callable[[str], str]
) -> set[str]:
    """Chooses which pieces of recordings to hold out.

    All pieces of a recording are held out together where there are several recordings; of a single
    one, single pieces are.

    Args:
      names: of the pieces.
      share: of the recordings, or of the pieces of the only one; see `choose`.
      recording_of: the recording that a piece is of.
    """
    recordings = {recording_of(name) for name in names}
    if len(recordings) < 2:
        return choose(names, share)
    held_out = choose(recordings, share)
    return {name for name in names if recording_of(name) in held_out}


def without_number(name: str) -> str:
    """The recording that a piece is of, where its name ends in a number that we gave it.

    Args:
      name: such as `song_012`, of which `song` is left; only the last number goes.
    """
    return _NUMBER.sub("", name)
