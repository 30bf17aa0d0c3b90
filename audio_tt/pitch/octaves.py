"""By how many octaves a melody moves to where an instrument can play it."""

import numpy as np

_OUTSIDE = 0.1  # share of the melody that may be beyond
_MOST_OCTAVES = 4


def octaves_into(f0_hz: np.ndarray, lowest_hz: float, highest_hz: float) -> int:
    """The fewest octaves by which nine tenths of a melody come to lie within a range.

    Args:
      f0_hz: [frames], above 0.
      lowest_hz: of the range.
      highest_hz: of the range.

    Returns:
      Octaves, negative for a melody that is too high; 0 where no number of them does it.
    """
    if not len(f0_hz):
        return 0
    for shift in sorted(range(-_MOST_OCTAVES, _MOST_OCTAVES + 1), key=abs):
        moved = f0_hz * 2.0**shift
        if np.mean((moved < lowest_hz) | (moved > highest_hz)) <= _OUTSIDE:
            return shift
    return 0
