"""Sums of sinusoids made frame by frame, without tensors of controls at the sample rate."""

import functools
import math

import numpy as np
from keras import ops

from audio_tt.models.compilation import compiled
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core.phase import to_cycles, to_fixed_cycles, with_gradient_of
from ddsp_tt.synthesis.shared import FADES

# Of `_sine_of_turns`, for powers 0, 2, 4, ...
_SINE = (6.28318527, -16.2089556, 16.7691897, -9.62460474, 3.51637624, -0.798343399)


def harmonic_frames(
    f0_hz: Tensor,
    harmonic_amplitudes: Tensor,
    hop_length: int,
    sample_rate: int = 16000,
    amp_resample_method: str = "window",
    phase: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
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
    cycles, phases = _cycles_within(hop_length, sample_rate, f0_hz, phase[..., None])
    f0 = f0_hz[..., 0]
    sines = harmonic_sines(cycles[..., 0], amplitudes.shape[-1])
    towards = _steps(hop_length) / hop_length
    frequency = f0[..., None] + towards * (_next_frame(f0) - f0)[..., None]
    k = np.arange(1, amplitudes.shape[-1] + 1, dtype="float32")
    sines = ops.where(frequency[..., None] * k < sample_rate / 2.0, sines, 0.0)
    return _faded(sines, amplitudes, amp_resample_method), phases[..., 0]


def _steps(hop_length):
    return np.arange(hop_length, dtype="float32")


def _cycles_within(hop_length, sample_rate, frequencies, phase):
    """Running phase of frequencies `[batch, frames, n]` that move linearly from frame to frame.

    Returns:
      cycles in -0.5..0.5, `[batch, frames, hop, n]`, and the int32 phase `[batch, frames + 1, n]`
      at the start of every frame.
    """
    slope = _next_frame(frequencies) - frequencies
    hop_cycles = hop_length * frequencies + 0.5 * (hop_length - 1) * slope
    steps = to_fixed_cycles(ops.mod(hop_cycles, float(sample_rate)), sample_rate)
    phases = ops.cumsum(ops.concatenate([phase, steps], axis=1), axis=1)
    exact = to_cycles(phases[:, :-1])
    start = with_gradient_of(exact, (ops.cumsum(hop_cycles, axis=1) - hop_cycles) / sample_rate)
    j = _steps(hop_length)[:, None]
    within = (j + 1.0) * frequencies[:, :, None] + (j * (j + 1.0) / (2.0 * hop_length)) * slope[
        :, :, None
    ]
    cycles = start[:, :, None] + within / sample_rate
    return cycles - ops.round(cycles), phases


def _faded(sines, amplitudes, amp_resample_method):
    """Audio `[batch, samples]` of sines `[batch, frames, hop, n]` whose amplitudes fade over."""
    hop_length = sines.shape[2]
    fade = FADES[amp_resample_method](hop_length)
    pair = ops.stack([amplitudes, _next_frame(amplitudes)], axis=-1)
    mixed = ops.matmul(sines, pair)
    audio = mixed[..., 0] * fade + mixed[..., 1] * (1.0 - fade)
    return ops.reshape(audio, (-1, amplitudes.shape[1] * hop_length))


def sinusoidal_frames(
    frequencies: Tensor,
    amplitudes: Tensor,
    hop_length: int,
    sample_rate: int = 16000,
    amp_resample_method: str = "window",
    phase: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """`harmonic_frames` of sinusoids that each have a frequency of their own.

    Args:
      frequencies: `[batch, frames, sinusoids]` Hz.
      amplitudes: `[batch, frames, sinusoids]`.
      hop_length: samples a frame.
      sample_rate: Hz; a sinusoid at or above half of it is silent.
      amp_resample_method: a key of `FADES`.
      phase: int32 `[batch, 1, sinusoids]` from the block before, or None for zero.

    Returns:
      audio `[batch, frames * hop_length]` and the int32 phase `[batch, frames + 1, sinusoids]`.
    """
    frequencies = ops.convert_to_tensor(frequencies)
    if phase is None:
        phase = ops.zeros_like(ops.cast(frequencies[:, :1], "int32"))
    frames = _compiled_sinusoids(hop_length, sample_rate, amp_resample_method)
    return frames(frequencies, ops.convert_to_tensor(amplitudes), phase)


@functools.cache
def _compiled_sinusoids(*settings):
    return compiled(functools.partial(_sinusoids, *settings))


def _sinusoids(hop_length, sample_rate, amp_resample_method, frequencies, amplitudes, phase):
    cycles, phases = _cycles_within(hop_length, sample_rate, frequencies, phase)
    towards = _steps(hop_length)[:, None] / hop_length
    slope = _next_frame(frequencies) - frequencies
    frequency = frequencies[:, :, None] + towards * slope[:, :, None]
    sines = ops.where(frequency < sample_rate / 2.0, ops.sin(2.0 * math.pi * cycles), 0.0)
    return _faded(sines, amplitudes, amp_resample_method), phases


def _next_frame(x):
    """Frame i + 1 at place i, the last frame held."""
    return ops.concatenate([x[:, 1:], x[:, -1:]], axis=1)


def harmonic_sines(cycles: Tensor, n_harmonics: int) -> Tensor:
    """`sin(2 pi k cycles)` for k = 1..n_harmonics along a new last axis."""
    k = np.arange(1, n_harmonics + 1, dtype="float32")
    turns = cycles[..., None] * k
    return _sine_of_turns(turns - ops.round(turns))


def _sine_of_turns(turns):
    """`sin(2 pi turns)` for turns in -0.5..0.5, within 2e-7; several times as fast as `ops.sin`.

    The product of `turns (1 - 4 turns^2)`, which has the sine's zeros, and a polynomial of even
    powers that was fitted to what remains.
    """
    square = turns * turns
    rest = _SINE[-1]
    for coefficient in _SINE[-2::-1]:
        rest = rest * square + coefficient
    return turns * (1.0 - 4.0 * square) * rest
