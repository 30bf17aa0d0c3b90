"""Exact running phase.

Phase is accumulated in whole-number units of 2^-32 cycle. Addition of 32-bit integers wraps around
at exactly one cycle, so the running phase neither drifts nor loses precision with length, where a
float32 running sum is 1.4 (decorrelated) from the truth after ten seconds.
"""

import math

import numpy as np
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.functions import register

_register = register("ddsp_tt.core")
_CYCLE = 2.0**32
_LARGEST = 2147483520.0  # the largest float32 that is an int32


def to_fixed(cycles: Tensor) -> Tensor:
    """Float cycles -> int32 in units of 2^-32 cycle, whole cycles dropped."""
    fraction = (cycles - ops.round(cycles)) * _CYCLE
    return ops.cast(ops.clip(fraction, -2147483648.0, _LARGEST), "int32")


def to_fixed_cycles(x: Tensor, sample_rate: int) -> Tensor:
    """`x / sample_rate` in units of 2^-32 cycle, for x in [0, sample_rate).

    Compilers make a division a product with the rounded reciprocal, so that the phase would depend
    on them; here the rounding is added back.
    """
    reciprocal = np.float32(1.0 / sample_rate)
    rest = 1.0 / sample_rate - float(reciprocal)
    return to_fixed(x * reciprocal) + ops.cast(ops.round(x * (rest * _CYCLE)), "int32")


def to_cycles(fixed: Tensor) -> Tensor:
    """int32 phase -> float cycles in [-0.5, 0.5)."""
    return ops.cast(fixed, "float32") / _CYCLE


def with_gradient_of(value: Tensor, proxy: Tensor) -> Tensor:
    """`value`, with the gradient of `proxy`: integers carry none."""
    return value + (proxy - ops.stop_gradient(proxy))


@_register
def angular_cumsum(angular_frequency: Tensor, chunk_size: int = 1000) -> Tensor:
    """Running phase of `[batch, samples, ...]` radians per sample, wrapped into [0, 2 pi).

    Args:
      angular_frequency: radians per sample.
      chunk_size: kept for Magenta's gin files; the sum is exact without chunks.
    """
    del chunk_size
    return 2.0 * math.pi * ops.mod(cumulative_cycles(angular_frequency / (2.0 * math.pi)), 1.0)


def cumulative_cycles(cycles: Tensor) -> Tensor:
    """Inclusive running sum along axis 1, in [-0.5, 0.5), differentiable."""
    cycles = ops.convert_to_tensor(cycles)
    total = to_cycles(ops.cumsum(to_fixed(cycles), axis=1))
    return with_gradient_of(total, ops.cumsum(cycles, axis=1))
