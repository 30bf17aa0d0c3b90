"""Units and non-linearities: decibels, MIDI numbers, and the positive output functions."""

import math

import numpy as np
from keras import ops

from audio_tt.dsp import units
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.functions import register
from ddsp_tt.synthesis.shared import F0_RANGE

DB_RANGE = 80.0  # dB between the loudness floor and full scale

_register = register("ddsp_tt.core")


@_register
def exp_sigmoid(
    x: Tensor, exponent: float = 10.0, max_value: float = 2.0, threshold: float = 1e-7
) -> Tensor:
    """Maps any real to (threshold, max_value + threshold), on a roughly logarithmic scale.

    DDSP (Engel et al. 2020), equation 5: `max_value * sigmoid(x) ** ln(exponent) + threshold`.
    """
    x = ops.convert_to_tensor(x)
    return max_value * ops.sigmoid(x) ** math.log(exponent) + threshold


@_register
def sym_exp_sigmoid(x: Tensor, width: float = 8.0) -> Tensor:
    """`exp_sigmoid` made even in x, so that it grows on both sides of zero."""
    x = ops.convert_to_tensor(x)
    return exp_sigmoid(width * (ops.abs(x) / 2.0 - 1.0))


def safe_divide(numerator: Tensor | float, denominator: Tensor, eps: float = 1e-7) -> Tensor:
    """Divides, with an exactly zero denominator replaced by `eps`."""
    denominator = ops.convert_to_tensor(denominator)
    return numerator / ops.where(denominator == 0.0, eps, denominator)


def safe_log(x: Tensor, eps: float = 1e-5) -> Tensor:
    """Natural logarithm, with every x <= 0 replaced by `eps`."""
    x = ops.convert_to_tensor(x)
    return ops.log(ops.where(x <= 0.0, eps, x))


def midi_to_hz(notes: Tensor, midi_zero_silence: bool = False) -> Tensor:
    """MIDI numbers (fractions allowed) to Hz; with `midi_zero_silence`, MIDI 0 means 0 Hz."""
    notes = ops.convert_to_tensor(notes)
    hz = units.midi_to_hz(notes, ops)
    return ops.where(notes == 0.0, 0.0, hz) if midi_zero_silence else hz


def hz_to_midi(frequencies: Tensor) -> Tensor:
    """Hz to MIDI numbers; everything at or below 0 Hz becomes 0."""
    return units.hz_to_midi(frequencies, ops)


def unit_to_hz(unit: Tensor, hz_min: float, hz_max: float) -> Tensor:
    """0..1 to `hz_min`..`hz_max`, linear in MIDI numbers; a limit of 0 Hz counts as MIDI 0."""
    lowest, highest = hz_to_midi(hz_min), hz_to_midi(hz_max)
    return midi_to_hz(lowest + (highest - lowest) * unit)


def hz_to_unit(hz: Tensor, hz_min: float, hz_max: float) -> Tensor:
    """`hz_min`..`hz_max` to 0..1, the inverse of `unit_to_hz`."""
    lowest, highest = hz_to_midi(hz_min), hz_to_midi(hz_max)
    return (hz_to_midi(hz) - lowest) / (highest - lowest)


@_register
def frequencies_softmax(
    freqs: Tensor, depth: int = 1, hz_min: float = 20.0, hz_max: float = 8000.0
) -> Tensor:
    """Raw outputs to frequencies: the mean of points from `hz_min` to `hz_max`, softmax-weighted.

    Args:
      freqs: `[batch, frames, sinusoids * depth]` or `[batch, frames, sinusoids, depth]`.
      depth: points a sinusoid, where the last axis does not say.
      hz_min: Hz of the first point.
      hz_max: Hz of the last; the others are equally far apart in semitones.

    Returns:
      `[batch, frames, sinusoids]` Hz.
    """
    weights = ops.softmax(_with_depth(freqs, depth), axis=-1)
    points = np.linspace(0.0, 1.0, weights.shape[-1], dtype="float32")
    return unit_to_hz(ops.sum(weights * points, axis=-1), hz_min, hz_max)


@_register
def frequencies_sigmoid(
    freqs: Tensor, depth: int = 1, hz_min: float = 0.0, hz_max: float = 8000.0
) -> Tensor:
    """Raw outputs to frequencies: a sum of sigmoids, each over a smaller part of the range.

    Args:
      freqs: as for `frequencies_softmax`.
      depth: sigmoids a sinusoid, where the last axis does not say.
      hz_min: of the sum, where all are far below zero.
      hz_max: of the sum, where all are far above zero.

    Returns:
      `[batch, frames, sinusoids]` Hz.
    """
    units = ops.sigmoid(_with_depth(freqs, depth))
    depth, rest, total = units.shape[-1], hz_max - hz_min, 0.0
    factor = (hz_max - hz_min) ** (1.0 / depth)
    for i in range(depth - 1):
        share = rest * (1.0 - 1.0 / factor)
        total = total + unit_to_hz(units[..., i], 0.0, share)
        rest -= share
    return total + unit_to_hz(units[..., -1], hz_min, rest)


def _with_depth(x, depth):
    """`[batch, frames, n * depth]` to `[batch, frames, n, depth]`; four axes stay as they are."""
    x = ops.convert_to_tensor(x)
    if len(x.shape) == 4:
        return x
    return ops.reshape(x, (-1, x.shape[1], x.shape[2] // depth, depth))


def scale_f0_hz(f0_hz: Tensor) -> Tensor:
    """Hz to the decoder's input range: MIDI number / 127."""
    return hz_to_midi(f0_hz) / F0_RANGE


def scale_db(db: Tensor, range_db: float = DB_RANGE) -> Tensor:
    """Decibels to the decoder's input range: -range_db -> 0, 0 dB -> 1."""
    return ops.convert_to_tensor(db) / range_db + 1.0
