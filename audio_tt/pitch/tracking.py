"""Pitch tracking: audio -> fundamental frequency and confidence, at any frame rate, for any length.

Methods: CREPE with its Viterbi line (`audio_tt.pitch.crepe`), and pYIN (Mauch and Dixon, ICASSP
2014) and YIN (de Cheveigne and Kawahara, JASA 2002) as in librosa, which need no network.
"""

import math

import numpy as np

from audio_tt.errors import UserError
from audio_tt.pitch import crepe
from audio_tt.pitch.pyin import pyin
from audio_tt.pitch.viterbi import Decoder

SAMPLE_RATE = 16000
_BLOCK = 2048  # frames worked on at once
_OVERLAP = 128  # frames of a block that only lead in or out (pYIN looks at its neighbours)


def track(
    audio,
    sample_rate=16000,
    frame_rate=250,
    method="crepe",
    viterbi=True,
    crepe_capacity="tiny",
    crepe_weights=None,
    fmin=32.70,
    fmax=2093.0,
    progress=None,
):
    """Tracks the pitch of one voice.

    Frame i is centred on i / frame_rate seconds; zeros are put around the audio. Everything runs at
    16 kHz (or, where the frame rate does not divide 16000, the nearest rate that it does divide).
    Audio of any length goes through in memory that grows only with the result.

    Frames that are silent (standard deviation below 1e-6), or that hold samples that are not
    finite, have confidence 0 and the f0 of the nearest frame before them that has one (at the
    start: after them; 0 Hz where no frame has any). A silence also ends the Viterbi line: a new one
    begins after it.

    Args:
      audio: [samples] in -1..1. No samples at all count as silence.
      sample_rate: of the audio, in Hz.
      frame_rate: frames a second.
      method: "crepe", "pyin" or "yin".
      viterbi: CREPE only: take the most likely line rather than each frame's largest activation.
      crepe_capacity: "tiny", "small", "medium", "large" or "full".
      crepe_weights: a CREPE `.h5`; None takes the installed one.
      fmin: lowest pitch in Hz, pYIN and YIN only (CREPE's range is 31.7 to 2006 Hz).
      fmax: highest pitch in Hz, pYIN and YIN only.
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
    if sample_rate <= 0 or frame_rate <= 0:
        raise ValueError(f"rates must be positive, got {sample_rate} Hz and {frame_rate} frames/s")
    if not 0 < fmin < fmax <= SAMPLE_RATE / 2:
        raise ValueError(f"need 0 < fmin < fmax <= {SAMPLE_RATE // 2} Hz, got {fmin} and {fmax}")
    count = int(len(audio) * frame_rate // sample_rate) + 1
    hop_length = max(1, round(SAMPLE_RATE / frame_rate))
    rate = frame_rate * hop_length
    finite = np.isfinite(audio)
    clean = _resample(np.where(finite, audio, 0.0).astype(np.float32), sample_rate, rate)
    # Centred frames are one more than whole hops: as many samples as make the promised count.
    clean = np.pad(clean, (0, max(0, (count - 1) * hop_length - len(clean))))
    clean = clean[: count * hop_length - 1]
    report = (lambda done: progress(min(done, count), count)) if progress else (lambda done: None)
    if method == "crepe":
        weights = (crepe_capacity, crepe_weights)
        f0_hz, confidence = _track_crepe(clean, hop_length, weights, viterbi, report)
        f0_hz *= rate / SAMPLE_RATE
    elif method in ("pyin", "yin"):
        f0_hz, confidence = _track_librosa(clean, rate, hop_length, method, fmin, fmax, report)
    else:
        raise UserError(f"no pitch tracker is called {method!r}: use crepe, pyin or yin")
    if not finite.all():
        unusable = _frames_touching(~finite, sample_rate, frame_rate, count)
        f0_hz[unusable], confidence[unusable] = np.nan, 0.0
    f0_hz[confidence == 0] = np.nan
    return hold(f0_hz).astype(np.float32), confidence.clip(0, 1).astype(np.float32)


def hold(f0_hz):
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


def _frames_touching(bad, sample_rate, frame_rate, count):
    """Frames [count] whose 1024 samples at 16 kHz hold a sample [samples] that is bad."""
    reach = crepe.FRAME_LENGTH / 2 / SAMPLE_RATE
    before = np.concatenate([[0], np.cumsum(bad)])
    times = np.arange(count) / frame_rate
    first = np.floor((times - reach) * sample_rate).clip(0, len(bad)).astype(np.int64)
    last = np.ceil((times + reach) * sample_rate).clip(0, len(bad)).astype(np.int64)
    return before[last] > before[first]


def _track_crepe(audio, hop_length, weights, viterbi, report):
    count = len(audio) // hop_length + 1
    cents = np.full(count, np.nan)
    confidence = np.zeros(count)
    done = 0
    line = _Line(cents)
    for block in crepe.activation_blocks(audio, hop_length, *weights, block=_BLOCK):
        here = slice(done, done + len(block))
        confidence[here] = block.max(axis=1)
        if viterbi:
            line.push(block, confidence[here] > 0)
        else:
            cents[here] = crepe.weighted_average(block)
        done += len(block)
        report(done)
    line.finish()
    return crepe.to_f0(cents), confidence


class _Line:
    """Follows Viterbi's line through blocks of activations; keeps only those not yet settled."""

    def __init__(self, cents):
        self._cents = cents
        self._done = 0
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
                self.finish()
                self._done += len(run)

    def finish(self):
        """Ends the line: all frames that are open are settled."""
        if len(self._open):
            self._settle(self._decoder.finish())

    def _settle(self, states):
        count = len(states)
        here = slice(self._done, self._done + count)
        self._cents[here] = crepe.weighted_average(self._open[:count], states)
        self._open = self._open[count:]
        self._done += count


def _track_librosa(audio, rate, hop_length, method, fmin, fmax, report):
    """Runs pYIN or YIN on overlapping blocks, of which only the inner frames are kept."""
    frame_length = 2 ** math.ceil(math.log2(2 * rate / fmin + 4))
    count = len(audio) // hop_length + 1
    f0_hz = np.full(count, np.nan)
    confidence = np.zeros(count)
    padded = np.pad(audio, frame_length // 2)
    follow = _pyin if method == "pyin" else _yin
    for start in range(0, count, _BLOCK):
        first, last = max(0, start - _OVERLAP), min(count, start + _BLOCK + _OVERLAP)
        piece = padded[first * hop_length : (last - 1) * hop_length + frame_length]
        values = follow(piece, rate, hop_length, frame_length, fmin, fmax)
        cut = np.lib.stride_tricks.sliding_window_view(piece, frame_length)[::hop_length]
        audible = np.array([frame.std() >= crepe.SILENCE for frame in cut])
        end = min(count, start + _BLOCK)
        inner = slice(start - first, end - first)
        f0_hz[start:end] = values[0][inner]
        confidence[start:end] = np.where(audible, values[1], 0.0)[inner]
        report(end)
    return f0_hz, confidence


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
