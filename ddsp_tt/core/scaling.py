"""Units and non-linearities: decibels, MIDI numbers, and the positive output functions."""

import math

import gin
from keras import ops

DB_RANGE = 80.0  # dB between the loudness floor and full scale
F0_RANGE = 127.0  # MIDI numbers

_register = gin.register(module="ddsp_tt.core")


@_register
def exp_sigmoid(x, exponent=10.0, max_value=2.0, threshold=1e-7):
    """Maps any real to (threshold, max_value + threshold), on a roughly logarithmic scale.

    DDSP (Engel et al. 2020), equation 5: `max_value * sigmoid(x) ** ln(exponent) + threshold`.
    """
    x = ops.convert_to_tensor(x)
    return max_value * ops.sigmoid(x) ** math.log(exponent) + threshold


@_register
def sym_exp_sigmoid(x, width=8.0):
    """`exp_sigmoid` made even in x, so that it grows on both sides of zero."""
    x = ops.convert_to_tensor(x)
    return exp_sigmoid(width * (ops.abs(x) / 2.0 - 1.0))


def safe_divide(numerator, denominator, eps=1e-7):
    """Divides, with an exactly zero denominator replaced by `eps`."""
    denominator = ops.convert_to_tensor(denominator)
    return numerator / ops.where(denominator == 0.0, eps, denominator)


def safe_log(x, eps=1e-5):
    """Natural logarithm, with every x <= 0 replaced by `eps`."""
    x = ops.convert_to_tensor(x)
    return ops.log(ops.where(x <= 0.0, eps, x))


def log10(x, eps=1e-5):
    """Base-10 logarithm, with every x <= 0 replaced by `eps`."""
    return safe_log(x, eps) / math.log(10.0)


def power_to_db(power, ref_db=0.0, range_db=DB_RANGE):
    """`10 log10(power) - ref_db`, floored at `-range_db` dB."""
    power = ops.maximum(ops.convert_to_tensor(power), 10.0 ** (-range_db / 10.0))
    return ops.maximum(10.0 * log10(power) - ref_db, -range_db)


def amplitude_to_db(amplitude, ref_db=0.0, range_db=DB_RANGE):
    """`20 log10(amplitude) - ref_db`, floored at `-range_db` dB."""
    return power_to_db(ops.square(ops.convert_to_tensor(amplitude)), ref_db, range_db)


def db_to_amplitude(db):
    """Decibels to linear amplitude."""
    return 10.0 ** (ops.convert_to_tensor(db) / 20.0)


def midi_to_hz(notes, midi_zero_silence=False):
    """MIDI numbers (fractions allowed) to Hz; with `midi_zero_silence`, MIDI 0 means 0 Hz."""
    notes = ops.convert_to_tensor(notes)
    hz = 440.0 * 2.0 ** ((notes - 69.0) / 12.0)
    return ops.where(notes == 0.0, 0.0, hz) if midi_zero_silence else hz


def hz_to_midi(frequencies):
    """Hz to MIDI numbers; everything at or below 0 Hz becomes 0."""
    frequencies = ops.convert_to_tensor(frequencies)
    voiced = frequencies > 0.0
    log2 = ops.log(ops.where(voiced, frequencies, 1.0)) / math.log(2.0)
    return ops.where(voiced, 12.0 * (log2 - math.log2(440.0)) + 69.0, 0.0)


def scale_f0_hz(f0_hz):
    """Hz to the decoder's input range: MIDI number / 127."""
    return hz_to_midi(f0_hz) / F0_RANGE


def scale_db(db, range_db=DB_RANGE):
    """Decibels to the decoder's input range: -range_db -> 0, 0 dB -> 1."""
    return ops.convert_to_tensor(db) / range_db + 1.0
