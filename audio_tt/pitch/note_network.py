"""Which notes sound at once: a small network that looks at the spectrum around each pitch.

The spectrum lies on an axis of thirds of a semitone, so that all pitches look alike, moved along it
(R. Bittner et al., "Deep salience representations for F0 estimation in polyphonic music", ISMIR
2017, stack harmonics for the same reason). For each pitch a perceptron with two hidden layers looks
at what is an octave below to three and a half above, now and 40 ms before and after, and says how
likely a note is. tools/train_note_network.py has trained it, on SoundFont performances.
"""

import functools
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from audio_tt.dsp import units

SAMPLE_RATE = 16000  # Hz, of what is analysed
FRAME_RATE = 50  # frames a second
LOWEST, HIGHEST = 36, 96  # MIDI pitches that are looked for
_RANGE_DB = 70.0  # of the levels
WEIGHTS = Path(__file__).with_name("note_network.npz")

_HOP_LENGTH = SAMPLE_RATE // FRAME_RATE
_WINDOWS = (4096, 1536)  # samples: one to tell pitches apart, one to tell times apart
_STEPS = 3  # of the axis, in a semitone
_BELOW, _ABOVE = 12, 43  # semitones around a pitch that are looked at
_AROUND = (-2, 2)  # further frames whose long window is looked at
_MEMORY_SECONDS = 3.0  # around a frame, in which the loudest is the measure of it
_FRAMES_PER_BLOCK = 64
_SEGMENT_SECONDS = 60.0


def likelihoods(audio: np.ndarray) -> np.ndarray:
    """Estimates how likely each pitch sounds in each frame.

    Args:
      audio: `[samples]` at 16 kHz, any length.

    Returns:
      float32 `[frames, 61]`, 0..1, for the MIDI pitches `LOWEST` to `HIGHEST`; frame i is centred
      on i / 50 s.
    """
    return _in_segments(_likelihoods, audio)


def rises(audio: np.ndarray) -> np.ndarray:
    """Measures by how much the first harmonics of each pitch rise within 60 ms.

    Args:
      audio: `[samples]` at 16 kHz, any length.

    Returns:
      float32 `[frames, 61]` dB, frames and pitches as those of `likelihoods`.
    """
    return _in_segments(_rises, audio)


def _in_segments(measure, audio):
    """What is measured of audio of any length, in memory that grows with the result alone."""
    audio, found = np.asarray(audio, np.float32), []
    size, margin = (int(seconds * FRAME_RATE) for seconds in (_SEGMENT_SECONDS, _MEMORY_SECONDS))
    n_frames = len(audio) // _HOP_LENGTH + 1
    for start in range(0, n_frames, size):
        first = max(start - margin, 0)
        part = audio[first * _HOP_LENGTH : (start + size + margin) * _HOP_LENGTH]
        found.append(measure(spectra_of(part))[start - first :][: min(size, n_frames - start)])
    return np.concatenate(found)


def _likelihoods(spectra):
    found = np.empty((spectra.shape[1], HIGHEST - LOWEST + 1), np.float32)
    # Threads that wait for each other take the processor from others, and are no faster here.
    with ThreadpoolController().limit(limits=1, user_api="blas"):
        for start in range(0, len(found), _FRAMES_PER_BLOCK):
            frames = np.arange(start, min(start + _FRAMES_PER_BLOCK, len(found)))
            found[frames] = apply(np, load(), surroundings(np, spectra, frames))
    return 1.0 / (1.0 + np.exp(-found))


def _rises(spectra):
    fundamentals = (_BELOW + np.arange(HIGHEST - LOWEST + 1)) * _STEPS
    harmonics = np.round(12 * _STEPS * np.log2([1, 2, 3, 4])).astype(int)
    level_db = _RANGE_DB * spectra[1][:, fundamentals[:, None] + harmonics].mean(axis=2)
    padded = np.pad(level_db, ((2, 1), (0, 0)), "edge")
    return padded[3:] - np.minimum(padded[:-3], padded[1:-2])


def spectra_of(audio: np.ndarray) -> np.ndarray:
    """Levels of audio at 16 kHz on the axis of pitch.

    Args:
      audio: float32 `[samples]`.

    Returns:
      float32 `[windows, frames, steps]`, 0 (70 dB below the loudest nearby, or less) to 1.
    """
    from scipy.ndimage import maximum_filter1d

    n_frames = len(audio) // _HOP_LENGTH + 1
    spectra = []
    for length in _WINDOWS:
        padded = np.pad(audio, (length // 2, length + _HOP_LENGTH))
        frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::_HOP_LENGTH][:n_frames]
        window = np.hanning(length).astype(np.float32)
        levels = np.empty((n_frames, _axis(length).shape[1]), np.float32)
        for start in range(0, n_frames, _FRAMES_PER_BLOCK):
            block = frames[start : start + _FRAMES_PER_BLOCK]
            power = np.abs(np.fft.rfft(block * window / window.sum())) ** 2
            levels[start : start + _FRAMES_PER_BLOCK] = power.astype(np.float32) @ _axis(length)
        level_db = 10.0 * np.log10(levels + 1e-12)
        loudest = maximum_filter1d(level_db.max(axis=1), int(_MEMORY_SECONDS * FRAME_RATE))
        relative = level_db - np.maximum(loudest, -70.0)[:, None]
        spectra.append(np.clip(relative / _RANGE_DB + 1.0, 0.0, 1.0))
    return np.stack(spectra)


@functools.cache
def _axis(length):
    """Triangles `[bins, steps]` around the steps of pitch, at least as wide as a bin."""
    steps = np.arange((HIGHEST - LOWEST + _BELOW + _ABOVE + 1) * _STEPS)
    centres = units.midi_to_hz(LOWEST - _BELOW + steps / _STEPS)
    hertz = np.fft.rfftfreq(length, 1.0 / SAMPLE_RATE)
    width = np.maximum(centres * (2.0 ** (1 / (12 * _STEPS)) - 1.0), SAMPLE_RATE / length)
    return np.maximum(0.0, 1.0 - np.abs(hertz[:, None] - centres) / width).astype(np.float32)


def surroundings(xp: Any, spectra: Any, frames: Any) -> Any:
    """What the network looks at, `[frames, pitches, inputs]`.

    Args:
      xp: numpy, or what stands for it.
      spectra: as `spectra_of` gives them.
      frames: `[frames]`, their numbers.
    """
    last = spectra.shape[1] - 1
    seen = [spectra[0][frames], spectra[1][frames]]
    seen += [spectra[0][xp.clip(frames + away, 0, last)] for away in _AROUND]
    places = np.arange(HIGHEST - LOWEST + 1)[:, None] * _STEPS
    places = places + np.arange((_BELOW + _ABOVE) * _STEPS + 1)
    return xp.concatenate([x[:, places] for x in seen], axis=-1)


def apply(xp: Any, weights: list, inputs: Any) -> Any:
    """The network: `[..., inputs]` to logits `[...]`."""
    for kernel, bias in weights[:-1]:
        inputs = xp.maximum(inputs @ kernel + bias, 0.0)
    kernel, bias = weights[-1]
    return (inputs @ kernel + bias)[..., 0]


@functools.cache
def load() -> list[tuple[np.ndarray, np.ndarray]]:
    """Returns kernels and biases of the layers."""
    with np.load(WEIGHTS) as stored:
        count = len(stored.files) // 2
        return [
            (stored[f"kernel{i}"].astype(np.float32), stored[f"bias{i}"].astype(np.float32))
            for i in range(count)
        ]
