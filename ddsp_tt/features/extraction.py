"""What the decoder reads, measured from audio: f0, its confidence, loudness and power.

Training data and transfer go through the same function, so that a model never meets features that
were made otherwise than those it learned from. Whatever the rate of the audio, its features are
measured on a copy at 16 kHz, for which CREPE was trained, as Magenta's data sets are made.
"""

import keras
import numpy as np
import soxr

from audio_tt.dsp.loudness import compute_power
from audio_tt.pitch import tracking
from ddsp_tt.features import loudness_scales
from ddsp_tt.features.rates import DEFAULT_RATES, MEASURING_RATE, Rates

SAMPLE_RATE, FRAME_RATE = MEASURING_RATE, DEFAULT_RATES.frame_rate
HOP_LENGTH = DEFAULT_RATES.hop_length
POWER_WINDOW_LENGTH = 512  # samples at 16 kHz
_BLOCK_FRAMES = 4096


def extract(
    audio,
    method="crepe",
    convention=loudness_scales.DEFAULT,
    progress=None,
    rates=DEFAULT_RATES,
    power_window_length=None,
    **pitch_options,
):
    """Measures the features of a recording of any length.

    Args:
      audio: float32 `[samples]` at `rates.sample_rate`.
      method: "crepe", "pyin" or "yin".
      convention: of loudness, see `ddsp_tt.features.loudness_scales`.
      progress: passed on to `audio_tt.pitch.tracking.track`.
      rates: of the audio and of the features.
      power_window_length: measure the power too, in windows of so many samples at 16 kHz.
      **pitch_options: further arguments of `audio_tt.pitch.tracking.track`.

    Returns:
      dict of float32 `[frames]`: `f0_hz`, `f0_confidence` (0 to 1), `loudness_db` and, if asked
      for, `power_db`; frame i is centred on sample `i * rates.hop_length`, and there are
      `ceil(samples / rates.hop_length)` of them.
    """
    audio = measuring_copy(audio, rates)
    n_frames = len(audio) // rates.measuring_hop_length
    f0_hz, confidence = tracking.track(
        audio, MEASURING_RATE, rates.frame_rate, method=method, progress=progress, **pitch_options
    )
    measured = {
        "f0_hz": f0_hz,
        "f0_confidence": confidence,
        "loudness_db": loudness(audio, convention, rates.frame_rate),
    }
    if power_window_length:
        measured["power_db"] = power(audio, rates.frame_rate, power_window_length)
    return {key: x[:n_frames] for key, x in measured.items()}


def measure(audio, rates=DEFAULT_RATES, **options):
    """The features of a recording together with its audio, resampled once for both.

    Args:
      audio: float32 `[samples]` at `rates.sample_rate`.
      rates: of the audio and of the features.
      **options: further ones of `extract`.

    Returns:
      What `extract` returns, `audio` in whole frames, and `audio_16k`, its copy at 16 kHz.
    """
    audio_16k = measuring_copy(audio, rates)
    return {
        "audio": whole_frames(audio, rates.hop_length),
        "audio_16k": audio_16k,
        **extract(audio_16k, rates=Rates(frame_rate=rates.frame_rate), **options),
    }


def whole_frames(audio, hop_length=DEFAULT_RATES.hop_length):
    """Audio `[samples]` with zeros appended up to a whole number of frames (at least one)."""
    n_frames = max(-(-len(audio) // hop_length), 1)
    return np.pad(np.asarray(audio, "float32"), (0, n_frames * hop_length - len(audio)))


def measuring_copy(audio, rates):
    """Audio `[samples]` at `rates.sample_rate` as whole frames at 16 kHz."""
    whole = whole_frames(audio, rates.hop_length)
    n_samples = len(whole) // rates.hop_length * rates.measuring_hop_length
    if rates.sample_rate != MEASURING_RATE:
        whole = soxr.resample(whole, rates.sample_rate, MEASURING_RATE)[:n_samples]
    return np.pad(whole, (0, n_samples - len(whole)))


def loudness(audio, convention=loudness_scales.DEFAULT, frame_rate=DEFAULT_RATES.frame_rate):
    """A-weighted loudness in dB, `[samples // hop + 1]`, of audio `[samples]` at 16 kHz.

    The hop is `16000 / frame_rate` samples; memory is bounded.
    """
    chosen = loudness_scales.get(convention)
    return _in_blocks(chosen.measure, audio, frame_rate, chosen.window_length, chosen.centred)


def power(audio, frame_rate=DEFAULT_RATES.frame_rate, window_length=POWER_WINDOW_LENGTH):
    """Mean power in dB, `[samples // hop + 1]`, of audio `[samples]` at 16 kHz, as `loudness`."""

    def measure(block, sample_rate, frame_rate, padding):
        return compute_power(block, sample_rate, frame_rate, window_length, padding=padding)

    return _in_blocks(measure, audio, frame_rate, window_length)


def _in_blocks(measure, audio, frame_rate, window_length, centred=True):
    """A frame-wise measure of windows, some thousand frames at a time."""
    hop_length = MEASURING_RATE // frame_rate
    before = window_length // 2 if centred else 0
    padded = np.pad(audio, (before, window_length - before))
    n_frames = len(audio) // hop_length + 1
    blocks = []
    for start in range(0, n_frames, _BLOCK_FRAMES):
        size = min(_BLOCK_FRAMES, n_frames - start)
        first = start * hop_length
        block = padded[first : first + (size - 1) * hop_length + window_length]
        values = measure(block, MEASURING_RATE, frame_rate, padding="valid")
        blocks.append(keras.ops.convert_to_numpy(values))
    return np.concatenate(blocks)
