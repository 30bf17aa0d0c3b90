"""What is kept back from training, for all systems alike."""

import zlib
from collections.abc import Iterable

from absl import logging


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


def choose(names: Iterable[str], share: float) -> set[str]:
    """Chooses by the names alone which ones to hold out.

    Args:
      names: of recordings.
      share: of them; at least one is held out unless it is 0, and at least one is not.
    """
    ordered = sorted(set(names), key=lambda name: (zlib.crc32(name.encode()), name))
    count = round(share * len(ordered))
    if share > 0.0 and len(ordered) > 1:
        count = min(max(count, 1), len(ordered) - 1)
    return set(ordered[:count])
