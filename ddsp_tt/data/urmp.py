"""The URMP data set (Li et al. 2019): pieces for several players, each player recorded alone.

A folder a piece, in it `AuSep_<n>_<code>_<number>_<title>.wav` for every player.
"""

from collections.abc import Iterable
from pathlib import Path

from audio_tt.errors import UserError, did_you_mean

CODES = {
    "violin": "vn",
    "viola": "va",
    "cello": "vc",
    "double_bass": "db",
    "flute": "fl",
    "oboe": "ob",
    "clarinet": "cl",
    "saxophone": "sax",
    "bassoon": "bn",
    "trumpet": "tpt",
    "horn": "hn",
    "trombone": "tbn",
    "tuba": "tba",
}


def find_recordings(folders: Iterable[str | Path], instrument: str) -> list[Path]:
    """Recordings of one instrument alone.

    Args:
      folders: those that hold the pieces, at any depth.
      instrument: as in `CODES`, or URMP's own code of it.

    Returns:
      Paths, sorted.

    Raises:
      UserError: no such instrument, no such folder, or nobody plays it there.
    """
    code = CODES.get(instrument, instrument)
    if code not in CODES.values():
        near = did_you_mean(instrument, CODES)
        raise UserError(f"URMP has no {instrument!r}; it has {', '.join(CODES)}{near}")
    for folder in folders:
        if not Path(folder).is_dir():
            raise UserError(f"{folder}: no such folder; name the one that holds URMP's pieces")
    paths = [
        path for folder in folders for path in sorted(Path(folder).rglob(f"AuSep_*_{code}_*.wav"))
    ]
    if not paths:
        raise UserError(
            f"{', '.join(map(str, folders))}: nobody plays {instrument} there (no "
            f"AuSep_*_{code}_*.wav)"
        )
    return paths
