"""Sums of sinusoids with exact phase.

Phase is accumulated in whole-number units of 2^-32 cycle. Addition of 32-bit integers wraps around
at exactly one cycle, so the running phase neither drifts nor loses precision with length, where a
float32 running sum is 1.4 (decorrelated) from the truth after ten seconds.
"""

import functools
import math

import gin
import numpy as np
from keras import ops

from ddsp_tt.compilation import compiled
from ddsp_tt.core.resampling import crossfade, resample
from ddsp_tt.core.scaling import safe_divide

_register = gin.register(module="ddsp_tt.core")
_CYCLE = 2.0**32
_LARGEST = 2147483520.0  # the largest float32 that is an int32

# Weight of frame i within its hop, on the way to frame i + 1.
FADES = {
    "window": crossfade,
    "linear": lambda hop_length: 1.0 - np.arange(hop_length, dtype="float32") / hop_length,
    "nearest": lambda hop_length: np.ones(hop_length, "float32"),
}


def _to_fixed(cycles):
    """Float cycles -> int32 in units of 2^-32 cycle, whole cycles dropped."""
    fraction = (cycles - ops.round(cycles)) * _CYCLE
    return ops.cast(ops.clip(fraction, -2147483648.0, _LARGEST), "int32")


def _to_fixed_cycles(x, sample_rate):
    """`x / sample_rate` in units of 2^-32 cycle, for x in [0, sample_rate).

    Compilers make a division a product with the rounded reciprocal, so that the phase would depend
    on them; here the rounding is added back.
    """
    reciprocal = np.float32(1.0 / sample_rate)
    rest = 1.0 / sample_rate - float(reciprocal)
    return _to_fixed(x * reciprocal) + ops.cast(ops.round(x * (rest * _CYCLE)), "int32")


def _to_cycles(fixed):
    """int32 phase -> float cycles in [-0.5, 0.5)."""
    return ops.cast(fixed, "float32") / _CYCLE


def _with_gradient_of(value, proxy):
    """`value`, with the gradient of `proxy`: integers carry none."""
    return value + (proxy - ops.stop_gradient(proxy))


@_register
def angular_cumsum(angular_frequency, chunk_size=1000):
    """Running phase of `[batch, samples, ...]` radians per sample, wrapped into [0, 2 pi).

    Args:
      angular_frequency: radians per sample.
      chunk_size: kept for Magenta's gin files; the sum is exact without chunks.
    """
    del chunk_size
    return 2.0 * math.pi * ops.mod(_cumulative_cycles(angular_frequency / (2.0 * math.pi)), 1.0)


def _cumulative_cycles(cycles):
    """Inclusive running sum along axis 1, in [-0.5, 0.5), differentiable."""
    cycles = ops.convert_to_tensor(cycles)
    total = _to_cycles(ops.cumsum(_to_fixed(cycles), axis=1))
    return _with_gradient_of(total, ops.cumsum(cycles, axis=1))


@_register
def remove_above_nyquist(frequency_envelopes, amplitude_envelopes, sample_rate=16000):
    """Sets amplitudes of sinusoids at or above `sample_rate / 2` to zero."""
    frequency_envelopes = ops.convert_to_tensor(frequency_envelopes)
    return ops.where(frequency_envelopes < sample_rate / 2.0, amplitude_envelopes, 0.0)


@_register
def normalize_harmonics(harmonic_distribution, f0_hz=None, sample_rate=None):
    """Makes the harmonics of each frame sum to one (or to zero where all are zero).

    Args:
      harmonic_distribution: `[batch, frames, harmonics]`, not negative.
      f0_hz: `[batch, frames, 1]`; given with `sample_rate`, harmonics above Nyquist go first.
      sample_rate: Hz.
    """
    x = ops.convert_to_tensor(harmonic_distribution)
    if sample_rate is not None and f0_hz is not None:
        x = remove_above_nyquist(get_harmonic_frequencies(f0_hz, x.shape[-1]), x, sample_rate)
    return safe_divide(x, ops.sum(x, axis=-1, keepdims=True))


def get_harmonic_frequencies(frequencies, n_harmonics):
    """`[batch, frames, 1]` Hz -> `[batch, frames, n_harmonics]`: f0 times 1, 2, 3, ..."""
    return ops.convert_to_tensor(frequencies) * np.arange(1, n_harmonics + 1, dtype="float32")


@_register
def oscillator_bank(
    frequency_envelopes,
    amplitude_envelopes,
    sample_rate=16000,
    sum_sinusoids=True,
    use_angular_cumsum=False,
):
    """Sine oscillators with sample-rate envelopes.

    Args:
      frequency_envelopes: `[batch, samples, sinusoids]` Hz.
      amplitude_envelopes: `[batch, samples, sinusoids]`.
      sample_rate: Hz.
      sum_sinusoids: sum over the last axis.
      use_angular_cumsum: kept for Magenta's gin files; phase is exact either way.

    Returns:
      `[batch, samples]`, or `[batch, samples, sinusoids]`.
    """
    del use_angular_cumsum
    frequency_envelopes = ops.convert_to_tensor(frequency_envelopes)
    amplitudes = remove_above_nyquist(frequency_envelopes, amplitude_envelopes, sample_rate)
    cycles = _cumulative_cycles(frequency_envelopes / sample_rate)
    audio = amplitudes * ops.sin(2.0 * math.pi * cycles)
    return ops.sum(audio, axis=-1) if sum_sinusoids else audio


@_register
def harmonic_synthesis(
    frequencies,
    amplitudes,
    harmonic_shifts=None,
    harmonic_distribution=None,
    n_samples=64000,
    sample_rate=16000,
    amp_resample_method="window",
    use_angular_cumsum=False,
):
    """Harmonic oscillators from frame-rate controls (DDSP, section 3).

    Args:
      frequencies: fundamental, `[batch, frames, 1]` Hz.
      amplitudes: overall amplitude, `[batch, frames, 1]`.
      harmonic_shifts: `[batch, frames, harmonics]`, relative detuning of each harmonic, or None.
      harmonic_distribution: `[batch, frames, harmonics]`, or None for the fundamental alone.
      n_samples: output length.
      sample_rate: Hz.
      amp_resample_method: see `resample`.
      use_angular_cumsum: kept for Magenta's gin files; phase is exact either way.

    Returns:
      audio `[batch, n_samples]`.
    """
    frequencies = ops.convert_to_tensor(frequencies)
    harmonic_amplitudes = ops.convert_to_tensor(amplitudes)
    if harmonic_distribution is not None:
        harmonic_amplitudes = harmonic_amplitudes * harmonic_distribution
    whole_hop = n_samples % frequencies.shape[1] == 0
    if harmonic_shifts is None and amp_resample_method in FADES and whole_hop:
        hop_length = n_samples // frequencies.shape[1]
        return harmonic_frames(
            frequencies, harmonic_amplitudes, hop_length, sample_rate, amp_resample_method
        )[0]
    n_harmonics = harmonic_amplitudes.shape[-1]
    harmonic_frequencies = get_harmonic_frequencies(frequencies, n_harmonics)
    if harmonic_shifts is not None:
        harmonic_frequencies = harmonic_frequencies * (1.0 + harmonic_shifts)
    return oscillator_bank(
        resample(harmonic_frequencies, n_samples),
        resample(harmonic_amplitudes, n_samples, method=amp_resample_method),
        sample_rate,
    )


def harmonic_frames(
    f0_hz,
    harmonic_amplitudes,
    hop_length,
    sample_rate=16000,
    amp_resample_method="window",
    phase=None,
):
    """Harmonic synthesis frame by frame: linear f0, amplitudes that fade from frame to frame.

    Within frame i every amplitude is a mix of frames i and i + 1, so the sum over harmonics is one
    product of the frame's sines `[hop, harmonics]` with two columns of amplitudes; no tensor of
    sample-rate amplitudes is made.

    Args:
      f0_hz: `[batch, frames, 1]`.
      harmonic_amplitudes: `[batch, frames, harmonics]`.
      hop_length: samples a frame.
      sample_rate: Hz.
      amp_resample_method: a key of `FADES`.
      phase: int32 `[batch, 1]` in units of 2^-32 cycle from the block before, or None for zero.

    Returns:
      audio `[batch, frames * hop_length]` and the int32 phase `[batch, frames + 1]` at the start of
      every frame and one past the last, from which the next block goes on.
    """
    f0_hz = ops.convert_to_tensor(f0_hz)
    if phase is None:
        phase = ops.zeros_like(ops.cast(f0_hz[:, 0], "int32"))
    frames = _compiled_frames(hop_length, sample_rate, amp_resample_method)
    return frames(f0_hz, ops.convert_to_tensor(harmonic_amplitudes), phase)


@functools.cache
def _compiled_frames(*settings):
    return compiled(functools.partial(_frames, *settings))


def _frames(hop_length, sample_rate, amp_resample_method, f0_hz, amplitudes, phase):
    f0 = f0_hz[..., 0]
    slope = _next_frame(f0) - f0
    j = np.arange(hop_length, dtype="float32")

    hop_cycles = hop_length * f0 + 0.5 * (hop_length - 1) * slope
    steps = _to_fixed_cycles(ops.mod(hop_cycles, float(sample_rate)), sample_rate)
    phases = ops.cumsum(ops.concatenate([phase, steps], axis=1), axis=1)
    exact = _to_cycles(phases[:, :-1])
    start = _with_gradient_of(exact, (ops.cumsum(hop_cycles, axis=1) - hop_cycles) / sample_rate)

    within = (j + 1.0) * f0[..., None] + (j * (j + 1.0) / (2.0 * hop_length)) * slope[..., None]
    cycles = start[..., None] + within / sample_rate
    cycles = cycles - ops.round(cycles)
    sines = harmonic_sines(cycles, amplitudes.shape[-1])
    frequency = f0[..., None] + (j / hop_length) * slope[..., None]
    k = np.arange(1, amplitudes.shape[-1] + 1, dtype="float32")
    sines = ops.where(frequency[..., None] * k < sample_rate / 2.0, sines, 0.0)

    pair = ops.stack([amplitudes, _next_frame(amplitudes)], axis=-1)
    fade = FADES[amp_resample_method](hop_length)
    mixed = ops.matmul(sines, pair)
    audio = mixed[..., 0] * fade + mixed[..., 1] * (1.0 - fade)
    return ops.reshape(audio, (-1, f0.shape[1] * hop_length)), phases


def _next_frame(x):
    """Frame i + 1 at place i, the last frame held."""
    return ops.concatenate([x[:, 1:], x[:, -1:]], axis=1)


def harmonic_sines(cycles, n_harmonics):
    """`sin(2 pi k cycles)` for k = 1..n_harmonics along a new last axis."""
    k = np.arange(1, n_harmonics + 1, dtype="float32")
    angles = cycles[..., None] * k
    return ops.sin((2.0 * math.pi) * (angles - ops.round(angles)))


@_register
def streaming_harmonic_synthesis(
    frequencies,
    amplitudes,
    harmonic_distribution=None,
    initial_phase=None,
    n_samples=64000,
    sample_rate=16000,
    amp_resample_method="linear",
):
    """Harmonic synthesis that hands on its phase, so that blocks join without a click.

    Args:
      frequencies: `[batch, frames, 1]` Hz.
      amplitudes: `[batch, frames, 1]`.
      harmonic_distribution: `[batch, frames, harmonics]`; normalised here, below Nyquist only.
      initial_phase: `[batch, 1, 1]` radians, or None for zero.
      n_samples: output length.
      sample_rate: Hz.
      amp_resample_method: see `resample`.

    Returns:
      audio `[batch, n_samples]` and the final phase `[batch, 1, 1]` in [0, 2 pi).
    """
    frequencies = ops.convert_to_tensor(frequencies)
    amplitudes = ops.convert_to_tensor(amplitudes)
    if harmonic_distribution is not None:
        distribution = normalize_harmonics(harmonic_distribution, frequencies, sample_rate)
        amplitudes = amplitudes * distribution
    f0 = resample(frequencies, n_samples)
    envelopes = resample(amplitudes, n_samples, method=amp_resample_method)
    envelopes = remove_above_nyquist(
        get_harmonic_frequencies(f0, envelopes.shape[-1]), envelopes, sample_rate
    )
    cycles = _cumulative_cycles(f0 / sample_rate)
    if initial_phase is not None:
        cycles = cycles + ops.convert_to_tensor(initial_phase) / (2.0 * math.pi)
    cycles = ops.mod(cycles, 1.0)
    sines = harmonic_sines(cycles[..., 0], envelopes.shape[-1])
    return ops.sum(sines * envelopes, axis=-1), 2.0 * math.pi * cycles[:, -1:, :]
