"""Sums of sinusoids, exact in phase for any length: see `ddsp_tt.synthesis.core.phase`."""

import math

import numpy as np
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.frames import harmonic_frames, harmonic_sines
from ddsp_tt.synthesis.core.functions import register
from ddsp_tt.synthesis.core.phase import cumulative_cycles
from ddsp_tt.synthesis.core.resampling import resample
from ddsp_tt.synthesis.core.scaling import safe_divide
from ddsp_tt.synthesis.shared import FADES

_register = register("ddsp_tt.core")


@_register
def remove_above_nyquist(
    frequency_envelopes: Tensor, amplitude_envelopes: Tensor, sample_rate: int = 16000
) -> Tensor:
    """Sets amplitudes of sinusoids at or above `sample_rate / 2` to zero."""
    frequency_envelopes = ops.convert_to_tensor(frequency_envelopes)
    return ops.where(frequency_envelopes < sample_rate / 2.0, amplitude_envelopes, 0.0)


@_register
def normalize_harmonics(
    harmonic_distribution: Tensor, f0_hz: Tensor | None = None, sample_rate: int | None = None
) -> Tensor:
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


def get_harmonic_frequencies(frequencies: Tensor, n_harmonics: int) -> Tensor:
    """`[batch, frames, 1]` Hz -> `[batch, frames, n_harmonics]`: f0 times 1, 2, 3, ..."""
    return ops.convert_to_tensor(frequencies) * np.arange(1, n_harmonics + 1, dtype="float32")


@_register
def oscillator_bank(
    frequency_envelopes: Tensor,
    amplitude_envelopes: Tensor,
    sample_rate: int = 16000,
    sum_sinusoids: bool = True,
    use_angular_cumsum: bool = False,
) -> Tensor:
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
    cycles = cumulative_cycles(frequency_envelopes / sample_rate)
    audio = amplitudes * ops.sin(2.0 * math.pi * cycles)
    return ops.sum(audio, axis=-1) if sum_sinusoids else audio


@_register
def harmonic_synthesis(
    frequencies: Tensor,
    amplitudes: Tensor,
    harmonic_shifts: Tensor | None = None,
    harmonic_distribution: Tensor | None = None,
    n_samples: int = 64000,
    sample_rate: int = 16000,
    amp_resample_method: str = "window",
    use_angular_cumsum: bool = False,
) -> Tensor:
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

    Example:
      >>> ones = np.ones((1, 250, 1), "float32")
      >>> audio = harmonic_synthesis(440.0 * ones, 0.5 * ones, n_samples=16000)
      >>> tuple(audio.shape), round(float(ops.max(audio)), 2)
      ((1, 16000), 0.5)
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


@_register
def streaming_harmonic_synthesis(
    frequencies: Tensor,
    amplitudes: Tensor,
    harmonic_distribution: Tensor | None = None,
    initial_phase: Tensor | None = None,
    n_samples: int = 64000,
    sample_rate: int = 16000,
    amp_resample_method: str = "linear",
) -> tuple[Tensor, Tensor]:
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
    cycles = cumulative_cycles(f0 / sample_rate)
    if initial_phase is not None:
        cycles = cycles + ops.convert_to_tensor(initial_phase) / (2.0 * math.pi)
    cycles = ops.mod(cycles, 1.0)
    sines = harmonic_sines(cycles[..., 0], envelopes.shape[-1])
    return ops.sum(sines * envelopes, axis=-1), 2.0 * math.pi * cycles[:, -1:, :]
