"""How loud an instrument answers, and what to ask it for so that even notes stay even.

A decoder is asked for a loudness and plays another, by a few dB that depend on the pitch. What it
plays is measured once on a grid of steady notes, kept with the statistics of its training data as
`level_response`, and taken off what it is asked for.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from audio_tt.dsp.units import hz_to_midi

MOST_DB = 6.0
_ROUNDS = 3  # what is asked for moves along the grid, by less each time


def table(
    midi: Sequence[float], loudness_db: Sequence[float], played_db: np.ndarray
) -> dict[str, list]:
    """The response as it is kept in JSON.

    Args:
      midi: pitches that were played, rising, `[pitches]`.
      loudness_db: that was asked for, rising, `[levels]`.
      played_db: that was heard, `[pitches, levels]`.

    Returns:
      dict: `midi`, `loudness_db`, and `off_db`, `[pitches][levels]`: by how much each note is
      louder than the instrument's notes are on average for what they are asked for.
    """
    off_db = np.asarray(played_db) - np.asarray(loudness_db)
    off_db = off_db - off_db.mean()
    return {
        "midi": [float(x) for x in midi],
        "loudness_db": [round(float(x), 2) for x in loudness_db],
        "off_db": np.round(off_db, 2).tolist(),
    }


def even_out(loudness_db: np.ndarray, f0_hz: np.ndarray, response: Mapping[str, Any]) -> np.ndarray:
    """What to ask an instrument for so that it plays a loudness at every pitch.

    Args:
      loudness_db: that is wanted, `[frames]`.
      f0_hz: `[frames]`; where it is 0 the pitches before and after count.
      response: see `table`.

    Returns:
      Loudness in dB, `[frames]`, at most `MOST_DB` away from what is wanted.
    """
    sounding = np.flatnonzero(f0_hz > 0)
    if not sounding.size:
        return loudness_db
    midi = np.interp(np.arange(len(f0_hz)), sounding, hz_to_midi(f0_hz[sounding]))
    asked_db = loudness_db
    for _ in range(_ROUNDS):
        off_db = _off_db(midi, asked_db, response)
        asked_db = loudness_db - np.clip(off_db, -MOST_DB, MOST_DB)
    return asked_db


def _off_db(midi, loudness_db, response):
    """Bilinear interpolation; beyond the grid its edge counts."""
    off_db = np.asarray(response["off_db"], np.float64)
    row, down = _place(midi, response["midi"])
    column, right = _place(loudness_db, response["loudness_db"])
    above = off_db[row, column] * (1 - right) + off_db[row, column + 1] * right
    below = off_db[row + 1, column] * (1 - right) + off_db[row + 1, column + 1] * right
    return above * (1 - down) + below * down


def _place(values, grid):
    """Index of the grid's point below each value, and how far it is to the next, 0 to 1."""
    position = np.interp(values, grid, np.arange(len(grid)))
    index = np.minimum(position.astype(int), len(grid) - 2)
    return index, position - index
