"""How well each pitch from 25 Hz to 7.5 kHz explains the partials that are heard.

After A. Camacho and J. G. Harris, "A sawtooth waveform inspired pitch estimator for speech and
music", JASA 2008 (SWIPE'): the square root of the spectrum is compared with that of a tone whose
partials are the first and the prime ones, less what lies between partials. A pitch an octave too
high leaves partials in between; one an octave too low has no partials of its own. The fundamental
itself may be missing.

Other than there, three windows do for the whole range, with partials as wide as the window makes
them, and high pitches are looked for in what stands out of the noise.
"""

import functools

import numpy as np

from audio_tt.dsp.framing import Framer

LOWEST_HZ, HIGHEST_HZ = 25.0, 7500.0
_TOP_HZ = 7950.0  # that is compared, or what sounds above the highest passes for half of it
PEAKS = 8  # candidates that are kept of a frame

_STEPS = 48  # pitches in an octave
_LONG, _MIDDLE, _SHORT = 2048, 1024, 512  # samples at 16 kHz
_PERIODS = 8.0  # of a pitch in a window that resolves its partials and no more
_OCTAVES = ((-np.inf, 0), (-1, np.inf), (0, np.inf))  # that the windows look at
_MOST_PARTIALS = 47
_HIGH_HZ = 1000.0  # above it, what stands out of the noise counts too
_NOISE_BINS, _NOISE = 128, 1.5  # bins that a median is taken of, and how far above it noise reaches
_CRITICAL_HZ = 229.0  # critical bands are as wide as frequency plus this, times a constant
_BLOCK = 256  # frames worked on at once


class Candidates:
    """The pitches that explain each frame best, of audio at about 16 kHz that comes in blocks.

    Args:
      sample_rate: Hz.
      hop_length: samples from one frame to the next; frame i is centred on `i * hop_length`.
    """

    def __init__(self, sample_rate: float, hop_length: int):
        self._rate, self._hop = sample_rate, hop_length
        self._framer = Framer(_LONG, hop_length, _LONG // 2, block_frames=_BLOCK)
        self._hz, self._strength = [], []

    def push(self, audio: np.ndarray) -> None:
        """Takes the next samples, float32 [samples], finite."""
        self._measure(self._framer.push(audio))

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """Pitches in Hz and how well they explain the frame, [frames, `PEAKS`] float32 each.

        There are `samples // hop_length + 1` frames. Where fewer pitches stand out than `PEAKS`,
        the rest have strength 0. A tone has strengths of 0.1 to 0.9, noise less than 0.2.
        """
        self._measure(self._framer.finish())
        return np.concatenate(self._hz), np.concatenate(self._strength)

    def _measure(self, pieces):
        for piece, _ in pieces:
            frames = np.lib.stride_tricks.sliding_window_view(piece, _LONG)[:: self._hop]
            hz, strength = _peaks(salience(frames, self._rate))
            self._hz.append(hz)
            self._strength.append(strength)


def pitches() -> np.ndarray:
    """The pitches in Hz that are compared, [pitches]."""
    count = int(_STEPS * np.log2(_TOP_HZ / LOWEST_HZ)) + 1
    return LOWEST_HZ * 2.0 ** (np.arange(count) / _STEPS)


def salience(frames: np.ndarray, sample_rate: float) -> np.ndarray:
    """How well each of `pitches` explains frames.

    Args:
      frames: [frames, 2048], finite.
      sample_rate: Hz, about 16000.

    Returns:
      [frames, pitches] float32, 0 to 1.
    """
    # From the pitch that the middle window holds `_PERIODS` of.
    octaves = np.log2(pitches() * _MIDDLE / (_PERIODS * sample_rate))
    low, middle, high = (slice(*np.searchsorted(octaves, ends)) for ends in _OCTAVES)
    spectra = {length: _root_spectrum(frames, length) for length in (_LONG, _MIDDLE, _SHORT)}
    result = np.zeros((len(frames), len(octaves)), np.float32)
    result[:, low] = _compared(spectra[_LONG], sample_rate, low) * -octaves[low].clip(-1, 0)
    from_middle = _compared(spectra[_MIDDLE], sample_rate, middle)
    result[:, middle] += from_middle * (1 - np.abs(octaves[middle])).clip(0, 1)
    # A formant passes for one partial in the short window, and a quick glide for many in the
    # middle one: a high pitch is one in both.
    from_both = np.minimum(
        from_middle[:, high.start - middle.start :], _compared(spectra[_SHORT], sample_rate, high)
    )
    result[:, high] += from_both * octaves[high].clip(0, 1)
    noisy = slice(np.searchsorted(pitches(), _HIGH_HZ), None)
    result[:, noisy] = np.maximum(result[:, noisy], _in_noise(spectra, sample_rate, noisy))
    return result


def high_pitch(frames: np.ndarray, sample_rate: float) -> tuple[np.ndarray, np.ndarray]:
    """The pitch above 1 kHz that explains best what stands out of the noise.

    Args:
      frames: [frames, 1024], finite.
      sample_rate: Hz, about 16000.

    Returns:
      (hz, strength), [frames] each.
    """
    spectra = {length: _root_spectrum(frames, length) for length in (_MIDDLE, _SHORT)}
    noisy = slice(np.searchsorted(pitches(), _HIGH_HZ), None)
    strength = _in_noise(spectra, sample_rate, noisy)
    best = strength.argmax(axis=1)
    return pitches()[noisy][best], strength[np.arange(len(best)), best]


def _in_noise(spectra, sample_rate, which):
    """The likeness to tones of what stands out of the noise in the two shorter windows."""
    return np.minimum(
        *(_compared(_above_noise(spectra[n]), sample_rate, which) for n in (_MIDDLE, _SHORT))
    )


def _root_spectrum(frames, length):
    """Square root of the magnitudes [frames, length + 1] of the middle `length` samples."""
    first = (frames.shape[1] - length) // 2
    window = np.hanning(length + 2)[1:-1].astype(np.float32)
    return np.sqrt(np.abs(np.fft.rfft(frames[:, first : first + length] * window, 2 * length)))


def _above_noise(spectrum):
    """What of spectra [frames, bins] stands out of the noise around it."""
    bands = spectrum[:, :-1].reshape(len(spectrum), -1, _NOISE_BINS)
    floor = np.float32(_NOISE) * np.median(bands, axis=2, keepdims=True)
    above = np.zeros_like(spectrum)
    above[:, :-1] = np.maximum(bands - floor, 0.0).reshape(len(spectrum), -1)
    return above


def _compared(spectrum, sample_rate, which):
    """The likeness, 0 to 1, of spectra [frames, bins] to tones of some of the pitches."""
    first, stop, _ = which.indices(len(pitches()))
    kernels, width = _kernels(spectrum.shape[1] - 1, sample_rate, first, stop)
    norm = np.sqrt(np.square(spectrum) @ width)
    likeness = spectrum @ kernels / np.maximum(norm, 1e-6)[:, None]
    return likeness.clip(0, 1)


@functools.lru_cache(maxsize=10)
def _kernels(length, sample_rate, first, stop):
    """Tones [bins, pitches] as a window sees them, and the bins' widths [bins], in critical bands.

    The kernels hold those widths, and their partials have norm 1. Pitches are some of `pitches`.
    """
    hz = np.fft.rfftfreq(2 * length, 1.0 / sample_rate)[:, None].astype(np.float32)
    width = np.where(hz > 0.6 * LOWEST_HZ, 1.0 / (hz + _CRITICAL_HZ), 0.0)
    f0_hz = pitches()[first:stop].astype(np.float32)
    number = hz / f0_hz  # of the partial that would be there
    nearest = np.rint(number).astype(int)
    # At least as wide as pitches lie apart, at most half the way to the next.
    reach = np.maximum(2.0 * sample_rate / length / f0_hz, 0.018 * nearest).clip(None, 0.25)
    away = np.abs(number - nearest) / reach
    partials = _is_partial(nearest) * np.cos(np.pi / 2 * away.clip(0, 1))
    below = np.floor(number).astype(int)
    between = np.cos(2 * np.pi * (number - below - 0.5)).clip(0, None)
    between *= (_is_partial(below) + _is_partial(below + 1)) / 2
    slope = 1.0 / np.sqrt(np.maximum(hz, 1.0))
    norm = np.sqrt((np.square(partials * slope) * width).sum(axis=0))
    kernels = (partials - between) * slope * width / norm
    return kernels.astype(np.float32), width[:, 0].astype(np.float32)


def _is_partial(number):
    """Whether 1 or a prime, for numbers of any shape; 0 above the last partial that counts."""
    counts = np.zeros(_MOST_PARTIALS + 2, np.float32)
    counts[1] = 1
    for n in range(2, _MOST_PARTIALS + 1):
        counts[n] = all(n % divisor for divisor in range(2, n))
    return counts[number.clip(0, len(counts) - 1)]


def _peaks(salience_map):
    """The highest peaks [frames, `PEAKS`] of maps [frames, pitches], in Hz, and their heights."""
    inner = salience_map[:, 1:-1]
    is_peak = (inner > salience_map[:, :-2]) & (inner >= salience_map[:, 2:])
    heights = np.where(is_peak, inner, 0.0)
    place = np.argpartition(-heights, PEAKS, axis=1)[:, :PEAKS]
    rows = np.arange(len(place))[:, None]
    below, here, above = (salience_map[rows, place + step] for step in (0, 1, 2))
    offset = 0.5 * (below - above) / np.minimum(below - 2 * here + above, -1e-9)
    hz = LOWEST_HZ * 2.0 ** ((place + 1 + offset.clip(-0.5, 0.5)) / _STEPS)
    return hz.astype(np.float32), heights[rows, place].astype(np.float32)
