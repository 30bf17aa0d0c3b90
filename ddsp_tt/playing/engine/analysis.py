"""Pitch, loudness and latent of audio that is still coming in, frame by frame.

Frame i is centred on sample i * hop_length, as in `ddsp_tt.features`; what differs is that pitch
cannot look at what comes later.
"""

import math
from collections.abc import Callable

import numpy as np

from audio_tt.dsp.loudness import power_of_frames
from audio_tt.errors import UserError
from audio_tt.pitch import correction, crepe
from audio_tt.pitch.viterbi import Decoder
from ddsp_tt.features import loudness_scales
from ddsp_tt.features.rates import MEASURING_RATE

_HALF_SECONDS, _KAISER_BETA = 0.002, 6.8


class PitchFollower:
    """CREPE's activations, and the bin that is the most likely one so far.

    What is too high for CREPE, such as a whistle, is looked up in the spectrum.

    Args:
      start_hz: pitch before anything sounded.
      delay: samples by which the pitch comes late, so that less of what follows is waited for.
      capacity: size of CREPE.

    Attributes:
      before: samples that a frame needs before its time.
      after: samples that it needs from its time on.

    Raises:
      ValueError: the delay is negative or beyond what a frame hears after its time.
    """

    def __init__(self, start_hz: float, delay: int = 0, capacity: str = "tiny"):
        half = crepe.FRAME_LENGTH // 2
        if not 0 <= delay < half:
            raise ValueError(f"a delay of {delay} samples is not within 0 to {half - 1}")
        self.before, self.after = half + delay, half - delay
        self._network = crepe.load_fast(capacity)
        self._decoder = Decoder()
        self._last_hz = start_hz
        # Its tables are made before the sound comes.
        correction.too_high(np.zeros((1, crepe.FRAME_LENGTH), "float32"), [0.0], [0.1], 0.0)

    def __call__(self, audio: np.ndarray, hop_length: int) -> tuple[np.ndarray, np.ndarray]:
        """Pitch `[frames]` in Hz and confidence `[frames]` of the frames in audio `[samples]`."""
        activations = self._network.few(audio, hop_length)
        confidence = activations.max(axis=1)
        f0_hz = np.empty(len(activations))
        for i, frame in enumerate(activations):
            if confidence[i] > 0:
                state = self._decoder.follow([frame.argmax()])
                self._last_hz = float(crepe.to_f0(crepe.weighted_average(frame[None], state))[0])
            else:
                self._decoder = Decoder()
            f0_hz[i] = self._last_hz
        frames = np.lib.stride_tricks.sliding_window_view(audio, crepe.FRAME_LENGTH)[::hop_length]
        f0_hz, confidence = correction.too_high(frames, f0_hz, confidence, crepe.REACH[1])
        self._last_hz = float(f0_hz[-1])
        return f0_hz, confidence


class LevelMeter:
    """Loudness or power of frames.

    Args:
      of_frames: frames `[frames, size]` to dB `[frames]`.
      size: samples in a frame.
      before: samples that a frame needs before its time.

    Attributes:
      before: samples that a frame needs before its time.
      after: samples that it needs from its time on.
    """

    def __init__(self, of_frames: Callable[[np.ndarray], np.ndarray], size: int, before: int):
        self._of_frames, self._size = of_frames, size
        self.before, self.after = before, size - before

    def __call__(self, audio: np.ndarray, hop_length: int) -> np.ndarray:
        """DB `[frames]` of the frames in audio `[samples]`."""
        frames = np.lib.stride_tricks.sliding_window_view(audio, self._size)[::hop_length]
        return self._of_frames(frames)


def loudness_meter(convention: str) -> LevelMeter:
    """Loudness in one of the conventions of `ddsp_tt.features.loudness_scales`."""
    chosen = loudness_scales.get(convention)
    before = chosen.window_length // 2 if chosen.centred else 0
    return LevelMeter(chosen.of_frames, chosen.window_length, before)


def power_meter(size: int) -> LevelMeter:
    """Mean power of windows of so many samples, as `audio_tt.dsp.loudness.compute_power`."""
    return LevelMeter(power_of_frames, size, size // 2)


class Resampler:
    """The copy at 16 kHz that everything is measured on, as the input comes.

    A windowed sinc of 2 ms to either side: what is above 8.6 kHz is 70 dB down. A longer one, as
    recordings are resampled with, would have to wait for more of what comes later.

    Args:
      sample_rate: of the input, Hz.
    """

    def __init__(self, sample_rate: int):
        self._up = MEASURING_RATE // math.gcd(MEASURING_RATE, sample_rate)
        self._down = sample_rate // math.gcd(MEASURING_RATE, sample_rate)
        self._half = round(_HALF_SECONDS * sample_rate)
        taps = np.arange(1 - self._half, self._half + 1)
        offsets = taps - np.arange(self._up)[:, None] / self._up
        inside = np.sqrt(np.maximum(1.0 - (offsets / self._half) ** 2, 0.0))
        passed = min(MEASURING_RATE / sample_rate, 1.0)
        kernels = np.sinc(passed * offsets) * np.i0(_KAISER_BETA * inside)
        self._kernels = (kernels / kernels.sum(axis=1, keepdims=True)).astype("float32")
        self._input = Stretch(self._half)
        self._taken = self._given = 0  # samples at either rate

    def __call__(self, block: np.ndarray) -> np.ndarray:
        """Takes the next samples at the input's rate, gives those at 16 kHz that are certain."""
        self._input.push(block)
        self._taken += len(block)
        stop = -(-max(self._taken - self._half, 0) * self._up // self._down)
        positions = np.arange(self._given, stop) * self._down
        if not len(positions):
            return np.zeros(0, "float32")
        self._given = stop
        first, phases = positions // self._up + 1 - self._half, positions % self._up
        audio = self._input.cut(first[0], first[-1] + 2 * self._half)
        frames = np.lib.stride_tricks.sliding_window_view(audio, 2 * self._half)
        self._input.forget(first[-1])
        return np.einsum("st,st->s", frames[first - first[0]], self._kernels[phases])

    def wait(self, samples: int) -> int:
        """Samples of the input that are waited for until so many at 16 kHz are there."""
        return self._half + samples * self._down // self._up


class Stretch:
    """The audio that frames still need: a stretch of the input that moves along with it.

    Args:
      before: samples before sample 0 that frames reach back to; they are zero.
    """

    def __init__(self, before: int):
        self._first = -before
        self._audio = np.zeros(before, "float32")

    def push(self, block: np.ndarray) -> None:
        """Takes the next samples."""
        self._audio = np.concatenate([self._audio, block])

    def cut(self, first: int, stop: int) -> np.ndarray:
        """Samples `first` to `stop`, counted from the beginning of the input."""
        return self._audio[first - self._first : stop - self._first]

    def forget(self, first: int) -> None:
        """Lets go of what comes before a sample."""
        self._audio = self._audio[max(first - self._first, 0) :]
        self._first = max(first, self._first)


def checked(block: np.ndarray) -> np.ndarray:
    """A block as float32 `[samples]`; what is not finite counts as silence.

    Raises:
      UserError: it has more than one dimension.
    """
    block = np.asarray(block, "float32")
    if block.ndim != 1:
        raise UserError(f"live audio is mono, [samples]; this block has the shape {block.shape}")
    return np.where(np.isfinite(block), block, np.float32(0.0))
