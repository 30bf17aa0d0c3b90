"""What the decoder reads, measured from audio: f0, its confidence, loudness and power.

Training data and transfer go through the same function, so that a model never meets features that
were made otherwise than those it learned from. Whatever the rate of the audio, its features are
measured on a copy at 16 kHz, for which CREPE was trained, as Magenta's data sets are made.
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import soxr

from audio_tt.dsp.blocks import resampled
from audio_tt.dsp.framing import Framer
from audio_tt.dsp.loudness import power_of_frames
from audio_tt.pitch.tracking import PitchTracker
from ddsp_tt.features import loudness_scales
from ddsp_tt.features.rates import DEFAULT_RATES, MEASURING_RATE, Rates

SAMPLE_RATE, FRAME_RATE = MEASURING_RATE, DEFAULT_RATES.frame_rate
POWER_WINDOW_LENGTH = 512  # samples at 16 kHz


def extract(
    audio: np.ndarray,
    method: str = "crepe",
    convention: str = loudness_scales.DEFAULT,
    progress: Callable[[int, int], None] | None = None,
    rates: Rates = DEFAULT_RATES,
    power_window_length: int | None = None,
    **pitch_options: Any,
) -> dict[str, Any]:
    """Measures the features of a recording of any length.

    Args:
      audio: float32 `[samples]` at `rates.sample_rate`.
      method: "crepe", "pyin" or "yin".
      convention: of loudness, see `ddsp_tt.features.loudness_scales`.
      progress: called with (frames done, frames in all) as pitch is tracked.
      rates: of the audio and of the features.
      power_window_length: measure the power too, in windows of so many samples at 16 kHz.
      **pitch_options: further arguments of `audio_tt.pitch.tracking.PitchTracker`.

    Returns:
      dict of float32 `[frames]`: `f0_hz`, `f0_confidence` (0 to 1), `loudness_db` and, if asked
      for, `power_db`; frame i is centred on second `i / rates.frame_rate`, and there are
      `rates.frames_of(samples)` of them.
    """
    audio = measuring_copy(audio, rates)
    n_frames = len(audio) // rates.measuring_hop_length
    measurement = Measurement(
        rates.frame_rate, method, convention, power_window_length, **pitch_options
    )
    if progress:
        measurement.tracker.report = lambda done: progress(min(done, n_frames), n_frames)
    measurement.push(audio)
    return measurement.finish(n_frames)


def extract_blocks(
    blocks: Iterable[np.ndarray], rates: Rates = DEFAULT_RATES, **options: Any
) -> dict:
    """`extract` of a recording that comes in blocks, in memory that grows with the features alone.

    Args:
      blocks: float32 `[samples]` at `rates.sample_rate`, finite, of any lengths.
      rates: of the audio and of the features.
      **options: of `Measurement`.
    """
    measurement, samples = Measurement(rates.frame_rate, **options), 0

    def counted():
        nonlocal samples
        for block in blocks:
            samples += len(block)
            yield block
        yield np.zeros(rates.samples_of(rates.frames_of(samples)) - samples, "float32")

    for block in resampled(counted(), rates.sample_rate, MEASURING_RATE):
        measurement.push(block)
    return measurement.finish(rates.frames_of(samples))


class Measurement:
    """Features of audio at 16 kHz that comes in blocks of any size.

    Args:
      frame_rate: frames a second.
      method: see `extract`, as for what follows.
      convention: of loudness.
      power_window_length: None measures no power.
      **pitch_options: of `audio_tt.pitch.tracking.PitchTracker`.
    """

    def __init__(
        self,
        frame_rate: float = FRAME_RATE,
        method: str = "crepe",
        convention: str = loudness_scales.DEFAULT,
        power_window_length: int | None = None,
        **pitch_options: Any,
    ):
        self.tracker = PitchTracker(frame_rate, method, **pitch_options)
        self._levels = {"loudness_db": _loudness_level(convention, frame_rate)}
        if power_window_length:
            self._levels["power_db"] = _power_level(power_window_length, frame_rate)

    def push(self, audio: np.ndarray) -> None:
        """Takes the next samples, float32 `[samples]`."""
        self.tracker.push(audio)
        for level in self._levels.values():
            level.push(audio)

    def finish(self, n_frames: int) -> dict[str, Any]:
        """The first `n_frames` of the features of all that was pushed."""
        f0_hz, confidence = self.tracker.finish()
        measured = {"f0_hz": f0_hz, "f0_confidence": confidence}
        measured |= {name: level.finish() for name, level in self._levels.items()}
        return {
            # Where resampling has left out the last samples, the last frame is held.
            name: np.pad(x[:n_frames], (0, max(n_frames - len(x), 0)), mode="edge")
            for name, x in measured.items()
        }


class _Level:
    """A measure of frames `[frames, window_length]` on audio at 16 kHz that comes in blocks."""

    def __init__(self, of_frames, window_length, before, frame_rate):
        self._of_frames, self._length = of_frames, window_length
        self._hop = MEASURING_RATE // frame_rate
        self._framer = Framer(window_length, self._hop, before)
        self._values = []

    def push(self, audio):
        self._measure(self._framer.push(audio))

    def finish(self):
        """The values, float32 `[samples // hop + 1]`."""
        self._measure(self._framer.finish())
        return np.concatenate(self._values).astype("float32")

    def _measure(self, pieces):
        for piece, new in pieces:
            frames = np.lib.stride_tricks.sliding_window_view(piece, self._length)[:: self._hop]
            self._values.append(self._of_frames(frames[new]))


def _loudness_level(convention, frame_rate):
    chosen = loudness_scales.get(convention)
    before = chosen.window_length // 2 if chosen.centred else 0
    return _Level(chosen.of_frames, chosen.window_length, before, frame_rate)


def _power_level(window_length, frame_rate):
    return _Level(power_of_frames, window_length, window_length // 2, frame_rate)


def measure(audio: np.ndarray, rates: Rates = DEFAULT_RATES, **options: Any) -> dict[str, Any]:
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


def whole_frames(audio: np.ndarray, hop_length: int = DEFAULT_RATES.hop_length) -> np.ndarray:
    """Audio `[samples]` with zeros appended up to a whole number of frames (at least one)."""
    n_frames = max(-(-len(audio) // hop_length), 1)
    return np.pad(np.asarray(audio, "float32"), (0, n_frames * hop_length - len(audio)))


def measuring_copy(audio: np.ndarray, rates: Rates) -> np.ndarray:
    """Audio `[samples]` at `rates.sample_rate` as whole frames at 16 kHz."""
    n_frames = rates.frames_of(len(audio))
    missing = rates.samples_of(n_frames) - len(audio)
    whole = np.pad(np.asarray(audio, "float32"), (0, missing))
    n_samples = n_frames * rates.measuring_hop_length
    if rates.sample_rate != MEASURING_RATE:
        whole = soxr.resample(whole, rates.sample_rate, MEASURING_RATE)[:n_samples]
    return np.pad(whole, (0, n_samples - len(whole)))


def loudness(
    audio: np.ndarray,
    convention: str = loudness_scales.DEFAULT,
    frame_rate: float = DEFAULT_RATES.frame_rate,
) -> np.ndarray:
    """A-weighted loudness in dB, `[samples // hop + 1]`, of audio `[samples]` at 16 kHz.

    The hop is `16000 / frame_rate` samples; memory is bounded.
    """
    level = _loudness_level(convention, frame_rate)
    level.push(audio)
    return level.finish()


def power(
    audio: np.ndarray,
    frame_rate: float = DEFAULT_RATES.frame_rate,
    window_length: int = POWER_WINDOW_LENGTH,
) -> np.ndarray:
    """Mean power in dB, `[samples // hop + 1]`, of audio `[samples]` at 16 kHz, as `loudness`."""
    level = _power_level(window_length, frame_rate)
    level.push(audio)
    return level.finish()
