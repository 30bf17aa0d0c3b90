"""Units of pitch: Hz, MIDI numbers and cents, for numpy and for `keras.ops` alike."""

from types import ModuleType
from typing import Any

import numpy as np

A4_HZ, A4_MIDI = 440.0, 69.0


def hz_to_midi(f0_hz: Any, xp: ModuleType = np) -> Any:
    """Returns the MIDI numbers, with fractions, of frequencies; 0 where there is no pitch.

    Args:
      f0_hz: Hz, any shape; 0 or less where there is no pitch.
      xp: `numpy`, which computes in float64, or `keras.ops`.
    """
    f0_hz = _array(f0_hz, xp)
    voiced = f0_hz > 0.0
    octaves = xp.log2(xp.where(voiced, f0_hz, A4_HZ) / A4_HZ)
    return xp.where(voiced, 12.0 * octaves + A4_MIDI, 0.0)


def midi_to_hz(midi: Any, xp: ModuleType = np) -> Any:
    """Returns the frequencies in Hz of MIDI numbers.

    Args:
      midi: any shape, fractions allowed.
      xp: `numpy`, which computes in float64, or `keras.ops`.
    """
    return A4_HZ * 2.0 ** ((_array(midi, xp) - A4_MIDI) / 12.0)


def cents_to_ratio(cents: Any, xp: ModuleType = np) -> Any:
    """Returns the ratios of two frequencies that lie so many cents apart; 1200 are an octave."""
    return 2.0 ** (_array(cents, xp) / 1200.0)


def _array(values, xp):
    return np.asarray(values, np.float64) if xp is np else xp.convert_to_tensor(values)
