"""Recordings of single notes, as sample libraries hold them."""

import numpy as np

from audio_tt.files import io

RATE = 16000


def note(midi, seconds=1.0, level=0.2, vibrato_cents=0.0):
    """A note that speaks at 0.1 s and dies away at the end: float32 `[samples]` at 16 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    cents = vibrato_cents * np.sin(2 * np.pi * 5.5 * time)
    hertz = 440.0 * 2 ** ((midi - 69 + cents / 100) / 12)
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    tone = sum(np.sin(k * phase) / k for k in range(1, 9))
    envelope = np.clip((time - 0.1) / 0.02, 0, 1) * np.clip((seconds - 0.05 - time) / 0.1, 0, 1)
    return (level * envelope * tone).astype("float32")


def write(folder, **notes):
    """Writes notes by their file names: `write(folder, a_C4=note(60))`."""
    for name, audio in notes.items():
        io.write(folder / f"{name}.wav", audio, RATE)
    return folder
