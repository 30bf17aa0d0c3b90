"""What synthesis in Keras and in numpy have in common, in numpy: it loads no framework."""

import functools
import math
from types import ModuleType
from typing import Any

import numpy as np

F0_RANGE = 127.0  # MIDI numbers
_NOISE_CHUNK = 65536  # samples of noise made from one seed


def exp_sigmoid(
    x: np.ndarray, exponent: float = 10.0, max_value: float = 2.0, threshold: float = 1e-7
) -> np.ndarray:
    """`core.exp_sigmoid` in numpy."""
    return max_value * (1.0 / (1.0 + np.exp(-x))) ** math.log(exponent) + threshold


def crossfade(hop_length: int) -> np.ndarray:
    """Falling half of a Hann window, float32 `[hop_length]`: the weight of the earlier frame."""
    return (0.5 + 0.5 * np.cos(np.pi * np.arange(hop_length) / hop_length)).astype("float32")


# Weight of frame i within its hop, on the way to frame i + 1.
FADES = {
    "window": crossfade,
    "linear": lambda hop_length: 1.0 - np.arange(hop_length, dtype="float32") / hop_length,
    "nearest": lambda hop_length: np.ones(hop_length, "float32"),
}


def white_noise(first: int, n_samples: int, seed: int) -> np.ndarray:
    """Uniform noise in [-1, 1), float32 `[n_samples]`, from sample `first` of an endless stream.

    The stream depends on the seed alone, not on how it is cut; before sample 0 it is zero.
    """
    pieces = []
    for chunk in range(first // _NOISE_CHUNK, (first + n_samples - 1) // _NOISE_CHUNK + 1):
        pieces.append(
            _noise_chunk(chunk, seed) if chunk >= 0 else np.zeros(_NOISE_CHUNK, "float32")
        )
    start = first % _NOISE_CHUNK
    noise = np.concatenate(pieces) if len(pieces) > 1 else pieces[0]
    return noise[start : start + n_samples]


@functools.lru_cache(maxsize=2)
def _noise_chunk(chunk, seed):
    noise = 2.0 * np.random.default_rng((seed, chunk)).random(_NOISE_CHUNK, "float32") - 1.0
    noise.setflags(write=False)
    return noise


def impulse_responses(bands: int, window_size: int = 0) -> np.ndarray:
    """What each band adds to a filter of `core.frequency_impulse_response`.

    Args:
      bands: their number, at equally spaced frequencies from 0 Hz to Nyquist.
      window_size: see `core.apply_window_to_impulse_response`.

    Returns:
      float32 `[bands, taps]`.
    """
    # The inverse FFT of a real, even spectrum is a cosine transform: one small matrix product.
    n_taps = 2 * (bands - 1)
    basis = np.cos(2.0 * np.pi * np.outer(np.arange(bands), np.arange(n_taps)) / n_taps) / n_taps
    basis[1:-1] *= 2.0
    return windowed(basis.astype("float32"), window_size, causal=False, xp=np)


def windowed(ir: Any, window_size: int, causal: bool, xp: ModuleType) -> Any:
    """`core.apply_window_to_impulse_response` in the namespace `xp`, `numpy` or `keras.ops`."""
    ir_size = ir.shape[-1]
    half = ir_size // 2
    if not causal:
        ir = xp.roll(ir, half, axis=-1)
    if window_size <= 0 or window_size >= ir_size:
        return ir * _hann(ir_size)
    centre = (window_size + 1) // 2
    window = np.zeros(ir_size, "float32")
    window[half - centre : half - centre + window_size] = _hann(window_size)
    return (ir * window)[..., half - centre + 2 : half + centre + 1]


def _hann(size):
    """Hann window as `tf.signal` makes it: periodic for even sizes, symmetric for odd ones."""
    period = size - size % 2
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / period)).astype("float32")


def filter_delay(n_taps: int, n_bands: int, window_size: int = 0) -> int:
    """Samples by which a filter of `core.frequency_impulse_response` delays: where its peak is."""
    is_whole = n_taps == 2 * (n_bands - 1)
    return n_taps // 2 if is_whole else (window_size + 1) // 2 - 2
