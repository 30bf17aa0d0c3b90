"""Pitch, loudness and latent of audio that is still coming in, frame by frame.

Frame i is centred on sample i * hop_length, as in `ddsp_tt.features`; what differs is that pitch
cannot look at what comes later.
"""

import numpy as np

from audio_tt import crepe
from audio_tt.errors import UserError
from audio_tt.loudness import DB_RANGE, a_weighting_db
from audio_tt.viterbi import Decoder
from audio_tt.windows import window_values
from ddsp_tt import conventions


class PitchFollower:
    """CREPE's activations, and the bin that is the most likely one so far.

    Args:
      start_hz: pitch before anything was heard.
      capacity: size of CREPE.
    """

    before, after = crepe.FRAME_LENGTH // 2, crepe.FRAME_LENGTH // 2

    def __init__(self, start_hz, capacity="tiny"):
        self._network = crepe.load_fast(capacity)
        self._decoder = Decoder()
        self._last_hz = start_hz

    def __call__(self, audio, hop_length):
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
        return f0_hz, confidence


class LoudnessMeter:
    """Loudness in one of the conventions of `ddsp_tt.conventions`, in numpy.

    Attributes:
      before: samples that a frame needs before its time.
      after: samples that it needs from its time on.
    """

    def __init__(self, convention, sample_rate):
        chosen = conventions.get(convention)
        size = chosen.window_length
        self.before = size // 2 if chosen.centred else 0
        self.after = size - self.before
        self._measure = {"ddsp3": _log_of_mean, "ddsp1": _mean_of_logs}[convention]
        self._window = window_values("hann", size).astype("float32")
        self._weighting_db = a_weighting_db(size, sample_rate)
        self._range_db = chosen.range_db

    def __call__(self, audio, hop_length):
        """Loudness `[frames]` in dB of the frames in audio `[samples]`."""
        size = len(self._window)
        frames = np.lib.stride_tricks.sliding_window_view(audio, size)[::hop_length]
        spectrum = np.fft.rfft(frames * self._window)
        power = spectrum.real**2 + spectrum.imag**2
        return self._measure(power, self._weighting_db, self._range_db)


class PowerMeter:
    """Mean power in dB, as `audio_tt.loudness.compute_power` measures it.

    Args:
      size: samples in a frame.
    """

    def __init__(self, size):
        self._size = size
        self.before, self.after = size // 2, size - size // 2

    def __call__(self, audio, hop_length):
        """Power `[frames]` in dB of the frames in audio `[samples]`."""
        frames = np.lib.stride_tricks.sliding_window_view(audio, self._size)[::hop_length]
        return _to_db(np.mean(frames * frames, axis=-1), DB_RANGE)


def _to_db(power, range_db):
    return 10.0 * np.log10(np.maximum(power, 10.0 ** (-range_db / 10.0)))


def _log_of_mean(power, weighting_db, range_db):
    return _to_db(np.mean(power * 10.0 ** (weighting_db / 10.0), axis=-1), range_db)


def _mean_of_logs(power, weighting_db, range_db):
    level = 10.0 * np.log10(np.maximum(power, 1e-30)) + weighting_db - 20.7
    return np.mean(np.maximum(level, -range_db), axis=-1)


class Window:
    """The audio that frames still need: a stretch of the input that moves along with it.

    Args:
      before: samples before sample 0 that frames reach back to; they are zero.
    """

    def __init__(self, before):
        self._first = -before
        self._audio = np.zeros(before, "float32")

    def push(self, block):
        """Takes the next samples."""
        self._audio = np.concatenate([self._audio, block])

    def cut(self, first, stop):
        """Samples `first` to `stop`, counted from the beginning of the input."""
        return self._audio[first - self._first : stop - self._first]

    def forget(self, first):
        """Lets go of what comes before a sample."""
        self._audio = self._audio[max(first - self._first, 0) :]
        self._first = max(first, self._first)


def checked(block):
    """A block as float32 `[samples]`; what is not finite counts as silence.

    Raises:
      UserError: it has more than one dimension.
    """
    block = np.asarray(block, "float32")
    if block.ndim != 1:
        raise UserError(f"live audio is mono, [samples]; this block has the shape {block.shape}")
    return np.where(np.isfinite(block), block, np.float32(0.0))
