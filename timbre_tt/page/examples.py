"""Sounds to begin with: the included melody, and a whistle that is made on the spot."""

from pathlib import Path

import numpy as np

from audio_tt.dsp.units import midi_to_hz
from audio_tt.files import io

MELODY = Path(__file__).parents[1] / "assets" / "demo.flac"
_RATE = 32000  # Hz
_BEAT = 0.42  # seconds
# The first line of Beethoven's "Ode to Joy", as (MIDI pitch, beats).
_LINE = (
    *((pitch, 1.0) for pitch in (88, 88, 89, 91, 91, 89, 88, 86, 84, 84, 86, 88)),
    *((88, 1.5), (86, 0.5), (86, 2.0)),
)


def whistle() -> np.ndarray:
    """Somebody whistling: one partial that glides and wavers, and breath. float32 at 32 kHz."""
    random = np.random.default_rng(5)
    samples = [round(beats * _BEAT * _RATE) for _, beats in _LINE]
    pitch = np.concatenate(
        [np.full(count, note) for (note, _), count in zip(_LINE, samples, strict=True)]
    )
    level = np.concatenate([_breath(count) for count in samples])
    pitch = _smooth(pitch, 0.045)
    t = np.arange(len(pitch)) / _RATE
    drift = _smooth(random.normal(0.0, 1.0, len(t)), 0.2)
    pitch = pitch + 0.15 * drift / np.abs(drift).max() + 0.12 * np.sin(2 * np.pi * 5.2 * t)
    phase = 2 * np.pi * np.cumsum(midi_to_hz(pitch)) / _RATE
    hiss = random.normal(0.0, 0.006, len(t))
    sound = _smooth(level, 0.03) * (0.4 * np.sin(phase) + hiss)
    return np.pad(sound, round(0.15 * _RATE)).astype(np.float32)


def write_whistle(folder: Path) -> Path:
    """Writes the whistle into a folder and returns its path."""
    path = Path(folder) / "whistle.wav"
    io.write(path, whistle(), _RATE)
    return path


def _breath(count):
    """Level of one note: it swells a little, and leaves a gap to the next."""
    share = np.arange(count) / count
    return np.where(share < 0.9, 0.7 + 0.3 * np.sin(np.pi * share), 0.0)


def _smooth(values, seconds):
    width = round(seconds * _RATE)
    padded = np.pad(values, (width // 2, width - width // 2 - 1), mode="edge")
    total = np.cumsum(np.concatenate([[0.0], padded]))
    return (total[width:] - total[:-width]) / width
