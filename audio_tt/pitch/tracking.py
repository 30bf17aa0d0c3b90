"""Pitch tracking: audio -> fundamental frequency and confidence, at any frame rate, for any length.

Methods: CREPE with its Viterbi line (`audio_tt.pitch.crepe`), and pYIN (Mauch and Dixon, ICASSP
2014) and YIN (de Cheveigne and Kawahara, JASA 2002) as in librosa, which need no network. What they
take for another octave, or have no range for, `audio_tt.pitch.correction` puts right.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from audio_tt.dsp.framing import Framer
from audio_tt.errors import UserError
from audio_tt.pitch import crepe
from audio_tt.pitch.correction import Correction
from audio_tt.pitch.pyin import pyin
from audio_tt.pitch.viterbi import Decoder

SAMPLE_RATE = 16000
_FMIN, _FMAX = 32.70, 2093.0  # of pYIN and YIN, C1 to C7
_TINY = 1e-6
_LEFT = 1e-6  # of the power, below which what sounds lies above the copy's band
_BLOCK = 2048  # frames worked on at once
_OVERLAP = 128  # frames of a block that only lead in or out (pYIN looks at its neighbours)


def track(
    audio: np.ndarray,
    sample_rate: int = 16000,
    frame_rate: float = 250,
    method: str = "crepe",
    viterbi: bool = True,
    crepe_capacity: str = "tiny",
    crepe_weights: str | Path | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Tracks the pitch of one voice.

    Frame i is centred on i / frame_rate seconds; zeros are put around the audio. Everything runs at
    16 kHz (or, where the frame rate does not divide 16000, the nearest rate that it does divide).
    Audio of any length goes through in memory that grows only with the result.

    Frames that are silent (standard deviation below 1e-6), that hold samples that are not finite,
    or all of whose power lies above 8 kHz, have confidence 0 and the f0 of the nearest frame before
    them that has one (at the start: after them; 0 Hz where no frame has any). A silence also ends
    the Viterbi line: a new one begins after it.

    Args:
      audio: [samples] in -1..1. No samples at all count as silence.
      sample_rate: of the audio, in Hz.
      frame_rate: frames a second.
      method: "crepe", "pyin" or "yin".
      viterbi: CREPE only: take the most likely line rather than each frame's largest activation.
      crepe_capacity: "tiny", "small", "medium", "large" or "full".
      crepe_weights: a CREPE `.h5`; None takes the installed one.
      fmin: lowest pitch in Hz; None for 25, with CREPE (which itself hears 31.7 to 2006 Hz) it is
        that of corrections only.
      fmax: highest pitch in Hz, in the same way; None for 7500.
      progress: called with (frames done, frames in all) after each block.

    Returns:
      (f0_hz, confidence), both [samples * frame_rate // sample_rate + 1] float32. Confidence is in
      0..1: CREPE's largest activation, pYIN's probability of being voiced, YIN's share of the power
      that is periodic.

    Raises:
      UserError: unknown method, or CREPE weights that are missing or do not fit.
      ValueError: audio that is not one-dimensional, rates that are not positive, or fmin, fmax that
        do not satisfy 0 < fmin < fmax <= 8000.
    """
    audio = np.asarray(audio)
    if audio.ndim != 1:
        raise ValueError(f"audio must be [samples], got shape {audio.shape}")
    if sample_rate <= 0:
        raise ValueError(f"rates must be positive, got {sample_rate} Hz")
    tracker = PitchTracker(frame_rate, method, viterbi, crepe_capacity, crepe_weights, fmin, fmax)
    count = int(len(audio) * frame_rate // sample_rate) + 1
    finite = np.isfinite(audio)
    given = np.where(finite, audio, 0.0).astype(np.float32)
    clean = _resample(given, sample_rate, tracker.sample_rate)
    left_out = np.zeros(count, bool)
    if not finite.all():
        left_out |= _around(~finite, sample_rate, frame_rate, count) > 0
    if sample_rate > tracker.sample_rate:
        left_out |= _gone(given, sample_rate, clean, tracker.sample_rate, frame_rate, count)
    # Centred frames are one more than whole hops: as many samples as make the promised count.
    n_samples = count * tracker.hop_length - 1
    clean = np.pad(clean, (0, max(0, n_samples - len(clean))))[:n_samples]
    if progress:
        tracker.report = lambda done: progress(min(done, count), count)
    tracker.leave_out(left_out)
    tracker.push(clean)
    return tracker.finish()


class PitchTracker:
    """`track` of audio that comes in blocks of any size; memory grows with the result alone.

    Args:
      frame_rate: frames a second; see `track`, as for what follows.
      method: "crepe", "pyin" or "yin".
      viterbi: CREPE only.
      crepe_capacity: CREPE only.
      crepe_weights: CREPE only.
      fmin: see `track`.
      fmax: see `track`.
      crepe_stride: CREPE only: its network runs once in so many frames; pitch and confidence
        of those between lie on a straight line.

    Attributes:
      sample_rate: Hz, of the audio that it takes.
      hop_length: samples a frame.
      report: called with the frames that are done after each block.

    Raises:
      UserError, ValueError: as `track`.
    """

    def __init__(
        self,
        frame_rate: float = 250,
        method: str = "crepe",
        viterbi: bool = True,
        crepe_capacity: str = "tiny",
        crepe_weights: str | Path | None = None,
        fmin: float | None = None,
        fmax: float | None = None,
        crepe_stride: int = 1,
    ):
        if frame_rate <= 0:
            raise ValueError(f"rates must be positive, got {frame_rate} frames/s")
        allowed = (0.0 if fmin is None else fmin, np.inf if fmax is None else fmax)
        fmin, fmax = _FMIN if fmin is None else fmin, _FMAX if fmax is None else fmax
        if not 0 < fmin < fmax <= SAMPLE_RATE / 2:
            raise ValueError(
                f"need 0 < fmin < fmax <= {SAMPLE_RATE // 2} Hz, got {fmin} and {fmax}"
            )
        if method not in ("crepe", "pyin", "yin"):
            raise UserError(f"no pitch tracker is called {method!r}: use crepe, pyin or yin")
        self.hop_length = max(1, round(SAMPLE_RATE / frame_rate))
        self.sample_rate = frame_rate * self.hop_length
        reach = crepe.REACH if method == "crepe" else (fmin, fmax)
        self._correction = Correction(method, self.sample_rate, self.hop_length, reach, allowed)
        self.report = lambda done: None
        self._left_out = None
        if method == "crepe":
            weights = crepe_capacity, crepe_weights
            hop_length = self.hop_length * crepe_stride
            self._follow = _Crepe(hop_length, self.sample_rate, viterbi, *weights)
            self._framer = Framer(
                crepe.FRAME_LENGTH, hop_length, crepe.FRAME_LENGTH // 2, block_frames=_BLOCK
            )
        else:
            frame_length = 2 ** math.ceil(math.log2(2 * self.sample_rate / fmin + 4))
            self._follow = _Periods(
                method, self.sample_rate, self.hop_length, frame_length, fmin, fmax
            )
            self._framer = Framer(
                frame_length, self.hop_length, frame_length // 2, _OVERLAP, block_frames=_BLOCK
            )
        self._stride = crepe_stride if method == "crepe" else 1
        self._done = self._samples = 0

    def leave_out(self, frames: np.ndarray) -> None:
        """Which frames [frames] bool of the whole recording are to have no pitch."""
        self._left_out = frames

    def push(self, audio: np.ndarray) -> None:
        """Takes the next samples, float32 [samples], finite."""
        self._samples += len(audio)
        self._correction.push(audio)
        for piece, new in self._framer.push(audio):
            self._take(piece, new)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """What `track` returns of all that was pushed: samples // hop_length + 1 frames."""
        for piece, new in self._framer.finish():
            self._take(piece, new)
        f0_hz, confidence = self._follow.finish()
        if self._stride > 1:
            count = self._samples // self.hop_length + 1
            f0_hz, confidence = _between(f0_hz, confidence, self._stride, count)
        f0_hz, confidence = self._correction.finish(f0_hz, confidence)
        if self._left_out is not None:
            f0_hz[self._left_out], confidence[self._left_out] = np.nan, 0.0
        f0_hz[confidence == 0] = np.nan
        return hold(f0_hz).astype(np.float32), confidence.clip(0, 1).astype(np.float32)

    def _take(self, piece, new):
        self._follow.push(piece, new)
        self._done += (new.stop - new.start) * self._stride
        self.report(self._done)


def _between(f0_hz, confidence, stride, count):
    """Pitch and confidence [count] of all frames from those of every `stride`-th.

    Where pitch leaps by more than a semitone, or begins or ends, it is that of the nearest frame.
    """
    place = np.minimum(np.arange(count) / stride, len(f0_hz) - 1)
    before = place.astype(int)
    after = np.minimum(before + 1, len(f0_hz) - 1)
    rest = place - before
    with np.errstate(invalid="ignore", divide="ignore"):
        octaves = np.log2(f0_hz[after] / f0_hz[before])
    is_glide = np.abs(octaves) <= 1 / 12  # false where either is not a number
    glide = f0_hz[before] * 2.0 ** np.where(is_glide, rest * octaves, 0.0)
    f0_hz = np.where(is_glide, glide, f0_hz[np.where(rest < 0.5, before, after)])
    return f0_hz, confidence[before] + rest * (confidence[after] - confidence[before])


def hold(f0_hz: np.ndarray) -> np.ndarray:
    """Fills f0_hz [frames] where it is not a number: the last value before, or the first after.

    Returns:
      [frames], finite; zeros where there is no value at all.
    """
    known = np.flatnonzero(np.isfinite(f0_hz))
    if not len(known):
        return np.zeros_like(f0_hz)
    last = np.searchsorted(known, np.arange(len(f0_hz)), side="right") - 1
    return f0_hz[known[last.clip(0)]]


def _resample(audio, sample_rate, rate):
    if sample_rate == rate or not len(audio):
        return audio
    import soxr

    return soxr.resample(audio, sample_rate, rate)


def _around(values, sample_rate, frame_rate, count):
    """Sums of values [samples] over what are 1024 samples at 16 kHz around each frame, [count]."""
    reach = crepe.FRAME_LENGTH / 2 / SAMPLE_RATE
    before = np.concatenate([[0], np.cumsum(values, dtype=np.float64)])
    times = np.arange(count) / frame_rate
    first = np.floor((times - reach) * sample_rate).clip(0, len(values)).astype(np.int64)
    last = np.ceil((times + reach) * sample_rate).clip(0, len(values)).astype(np.int64)
    return before[last] - before[first]


def _gone(audio, sample_rate, copy, rate, frame_rate, count):
    """Frames [count] of which next to nothing is left in a copy at a lower rate."""
    heard, left = (
        _around(np.square(x), r, frame_rate, count) / r
        for x, r in ((audio, sample_rate), (copy, rate))
    )
    return left < _LEFT * heard


class _Crepe:
    """CREPE's activations and the line through them."""

    def __init__(self, hop_length, sample_rate, viterbi, capacity, weights_path):
        self._network = crepe.load_fast(capacity, weights_path)
        self._hop, self._factor = hop_length, sample_rate / SAMPLE_RATE
        self._viterbi = viterbi
        self._line = _Line()
        self._cents, self._confidence = [], []

    def push(self, piece, new):
        """Takes a piece of audio, all of whose frames are new."""
        del new
        activations = self._network(piece, self._hop)
        confidence = activations.max(axis=1).astype(np.float64)
        self._confidence.append(confidence)
        if self._viterbi:
            self._line.push(activations, confidence > 0)
        else:
            self._cents.append(crepe.weighted_average(activations))

    def finish(self):
        """Pitch in Hz, not a number where there is none, and confidence, [frames] each."""
        cents = self._line.finish() if self._viterbi else np.concatenate(self._cents)
        return crepe.to_f0(cents) * self._factor, np.concatenate(self._confidence)


class _Line:
    """Follows Viterbi's line through blocks of activations; keeps only those not yet settled."""

    def __init__(self):
        self._cents = []
        self._decoder = Decoder()
        self._open = np.zeros((0, crepe.BINS), np.float32)

    def push(self, activations, audible):
        """Takes activations [frames, 360] and which frames [frames] are audible."""
        edges = np.flatnonzero(np.diff(audible)) + 1
        for run in np.split(np.arange(len(audible)), edges):
            if audible[run[0]]:
                self._open = np.concatenate([self._open, activations[run]])
                self._settle(self._decoder.push(activations[run].argmax(axis=1)))
            else:
                self._end()
                self._cents.append(np.full(len(run), np.nan))

    def finish(self):
        """Cents [frames] of all that was pushed, not a number where it is silent."""
        self._end()
        return np.concatenate(self._cents)

    def _end(self):
        if len(self._open):
            self._settle(self._decoder.finish())

    def _settle(self, states):
        count = len(states)
        self._cents.append(crepe.weighted_average(self._open[:count], states))
        self._open = self._open[count:]


class _Periods:
    """pYIN or YIN of pieces that overlap, of which only the inner frames are kept."""

    def __init__(self, method, sample_rate, hop_length, frame_length, fmin, fmax):
        self._measure = _pyin if method == "pyin" else _yin
        self._arguments = (sample_rate, hop_length, frame_length, fmin, fmax)
        self._hop, self._length = hop_length, frame_length
        self._f0_hz, self._confidence = [], []

    def push(self, piece, new):
        """Takes a piece of audio, and which of its frames are new."""
        f0_hz, confidence = self._measure(piece, *self._arguments)
        cut = np.lib.stride_tricks.sliding_window_view(piece, self._length)[:: self._hop]
        audible = np.array([frame.std() >= crepe.SILENCE for frame in cut[new]])
        self._f0_hz.append(np.asarray(f0_hz[new], np.float64))
        # What is audible is told from silence by its confidence.
        self._confidence.append(np.where(audible, np.maximum(confidence[new], _TINY), 0.0))

    def finish(self):
        """Pitch in Hz, and confidence, [frames] each."""
        return np.concatenate(self._f0_hz), np.concatenate(self._confidence)


def _pyin(audio, rate, hop_length, frame_length, fmin, fmax):
    resolution = 0.2  # CREPE's 20 cents
    return pyin(audio, rate, fmin, fmax, hop_length, frame_length, resolution, center=False)


def _yin(audio, rate, hop_length, frame_length, fmin, fmax):
    from audio_tt.dsp.locked_librosa import librosa

    f0_hz = librosa.yin(
        audio,
        sr=rate,
        fmin=fmin,
        fmax=fmax,
        frame_length=frame_length,
        hop_length=hop_length,
        center=False,
    ).clip(fmin, fmax)
    return f0_hz, _periodicity(audio, rate / f0_hz, hop_length, frame_length)


def _periodicity(audio, period, hop_length, frame_length):
    """The share of each frame's power that comes again one period later, in 0..1.

    YIN's difference function over the power of both windows, at the period [frames] in samples (its
    value between samples by a parabola, as YIN's section II.E).
    """
    width = frame_length // 2
    frames = np.lib.stride_tricks.sliding_window_view(audio, frame_length)[::hop_length]
    lag = np.round(period).astype(np.int64).clip(1, width - 1)
    differences = np.stack([_difference(frames, lag + step, width) for step in (-1, 0, 1)])
    left, middle, right = differences
    curvature = np.maximum(left - 2 * middle + right, 1e-12)
    lowest = np.where(
        (middle <= left) & (middle <= right), middle - (left - right) ** 2 / (8 * curvature), middle
    )
    return (1.0 - lowest).clip(0, 1)


def _difference(frames, lag, width):
    result = np.empty(len(frames))
    for i, (frame, step) in enumerate(zip(frames, lag, strict=True)):
        now, later = frame[:width], frame[step : step + width]
        power = np.dot(now, now) + np.dot(later, later)
        result[i] = np.sum((now - later) ** 2) / power if power > 0 else 1.0
    return result
