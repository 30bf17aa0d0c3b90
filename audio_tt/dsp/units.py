"""Units of pitch (Hz, MIDI numbers, cents) and of level (dB), for numpy and for `keras.ops`."""

import math
from types import ModuleType
from typing import Any

import numpy as np

A4_HZ, A4_MIDI = 440.0, 69.0


def hz_to_midi(f0_hz: Any, xp: ModuleType = np) -> Any:
    """Returns the MIDI numbers, with fractions, of frequencies; 0 where there is no pitch.

    Args:
      f0_hz: Hz, any shape; 0 or less where there is no pitch.
      xp: `numpy`, which computes in float64, or `keras.ops`.

    Example:
      >>> hz_to_midi([440.0, 880.0, 0.0])
      array([69., 81.,  0.])
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


def amplitude_to_db(amplitude: Any, floor_db: float | None = None, xp: ModuleType = np) -> Any:
    """Returns levels in dB of amplitudes, 20 log10(amplitude).

    Args:
      amplitude: 0 or more, any shape; 1 is 0 dB.
      floor_db: the lowest value, below which the gradient is 0; None for no limit.
      xp: `numpy` or `keras.ops`, which both compute in the precision that they are given.
    """
    return _to_db(amplitude, 20.0, floor_db, xp)


def power_to_db(power: Any, floor_db: float | None = None, xp: ModuleType = np) -> Any:
    """Returns levels in dB of powers, 10 log10(power); the rest is as in `amplitude_to_db`."""
    return _to_db(power, 10.0, floor_db, xp)


def db_to_amplitude(db: Any, xp: ModuleType = np) -> Any:
    """Returns the amplitudes of levels in dB, the inverse of `amplitude_to_db`."""
    return _from_db(db, 20.0, xp)


def db_to_power(db: Any, xp: ModuleType = np) -> Any:
    """Returns the powers of levels in dB, the inverse of `power_to_db`."""
    return _from_db(db, 10.0, xp)


def _array(values, xp):
    return np.asarray(values, np.float64) if xp is np else xp.convert_to_tensor(values)


def _to_db(values, factor, floor_db, xp):
    if floor_db is not None:
        values = xp.maximum(values, 10.0 ** (floor_db / factor))
    return _plain(factor * xp.log10(values))


def _from_db(db, factor, xp):
    return _plain(xp.exp(xp.multiply(db, math.log(10.0) / factor)))


def _plain(values):
    """A number as Python has it, which leaves a float32 array in float32; arrays as they are."""
    return float(values) if isinstance(values, np.float64) else values
