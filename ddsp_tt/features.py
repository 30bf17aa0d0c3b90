"""What the decoder reads, measured from audio: f0, its confidence, and loudness.

Training data and transfer go through the same function, so that a model never meets features that
were made otherwise than those it learned from.
"""

import keras
import numpy as np

from audio_tt import pitch
from audio_tt.loudness import compute_power
from ddsp_tt import conventions

SAMPLE_RATE = 16000  # Hz
FRAME_RATE = 250  # frames a second
HOP_LENGTH = SAMPLE_RATE // FRAME_RATE
POWER_WINDOW_LENGTH = 512  # samples
_BLOCK_FRAMES = 4096


def extract(audio, method="crepe", convention=conventions.DEFAULT, progress=None, **pitch_options):
    """Measures the features of a recording of any length.

    Args:
      audio: float32 `[samples]` at 16 kHz.
      method: "crepe", "pyin" or "yin".
      convention: of loudness, see `ddsp_tt.conventions`.
      progress: passed on to `audio_tt.pitch.track`.
      **pitch_options: further arguments of `audio_tt.pitch.track`.

    Returns:
      dict of float32 `[frames]`: `f0_hz`, `f0_confidence` (0 to 1) and `loudness_db`; frame i is
      centred on sample `64 * i`, and there are `ceil(samples / 64)` of them.
    """
    audio = whole_frames(audio)
    n_frames = len(audio) // HOP_LENGTH
    f0_hz, confidence = pitch.track(
        audio, SAMPLE_RATE, FRAME_RATE, method=method, progress=progress, **pitch_options
    )
    return {
        "f0_hz": f0_hz[:n_frames],
        "f0_confidence": confidence[:n_frames],
        "loudness_db": loudness(audio, convention)[:n_frames],
    }


def whole_frames(audio):
    """Audio `[samples]` with zeros appended up to a whole number of frames (at least one)."""
    n_frames = max(-(-len(audio) // HOP_LENGTH), 1)
    return np.pad(np.asarray(audio, "float32"), (0, n_frames * HOP_LENGTH - len(audio)))


def loudness(audio, convention=conventions.DEFAULT):
    """A-weighted loudness in dB, `[samples // 64 + 1]`, of audio `[samples]` in bounded memory."""
    chosen = conventions.get(convention)
    return _in_blocks(chosen.measure, audio, chosen.window_length, chosen.centred)


def power(audio):
    """Mean power in dB, `[samples // 64 + 1]`, of audio `[samples]` in bounded memory."""
    return _in_blocks(compute_power, audio, POWER_WINDOW_LENGTH)


def _in_blocks(measure, audio, window_length, centred=True):
    """A frame-wise measure of windows, some thousand frames at a time."""
    before = window_length // 2 if centred else 0
    padded = np.pad(audio, (before, window_length - before))
    n_frames = len(audio) // HOP_LENGTH + 1
    blocks = []
    for start in range(0, n_frames, _BLOCK_FRAMES):
        size = min(_BLOCK_FRAMES, n_frames - start)
        first = start * HOP_LENGTH
        block = padded[first : first + (size - 1) * HOP_LENGTH + window_length]
        values = measure(block, SAMPLE_RATE, FRAME_RATE, padding="valid")
        blocks.append(keras.ops.convert_to_numpy(values))
    return np.concatenate(blocks)
