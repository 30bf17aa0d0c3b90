"""pYIN with the steps and the result of `librosa.pyin`, in a fraction of its time.

Mauch and Dixon, "pYIN: A Fundamental Frequency Estimator Using Probabilistic Threshold
Distributions", ICASSP 2014. librosa's Viterbi algorithm looks at every pair of its 1200 states in
each frame. Here it looks at those between which the pitch can move, and at the best of all others.
"""

import functools
import math

import numpy as np

_N_THRESHOLDS = 100
_BETA = (2, 18)
_BOLTZMANN = 2.0
_NO_TROUGH = 0.01
_OCTAVES_PER_SECOND = 35.92
_SWITCH = 0.01
_TINY = np.finfo(np.float64).tiny


def pyin(
    audio: np.ndarray,
    sample_rate: int,
    fmin: float,
    fmax: float,
    hop_length: int = 512,
    frame_length: int = 2048,
    resolution: float = 0.1,
    center: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
    """Pitch by pYIN.

    Args:
      audio: float32 `[samples]`, finite.
      sample_rate: Hz.
      fmin: lowest pitch in Hz.
      fmax: highest pitch in Hz.
      hop_length: samples between two frames.
      frame_length: samples in a frame; should hold two periods of `fmin`.
      resolution: of the pitch, in semitones.
      center: whether frame i is centred on sample `i * hop_length`, with zeros around the audio,
        and does not begin there.

    Returns:
      (f0_hz, voiced_probability), `[frames]` each; f0 is NaN where there is no pitch.
    """
    from audio_tt.dsp.locked_librosa import librosa

    audio = np.asarray(audio)
    if center:
        audio = np.pad(audio, frame_length // 2)
    frames = librosa.util.frame(audio, frame_length=frame_length, hop_length=hop_length)
    shortest = math.floor(sample_rate / fmax)
    longest = min(math.ceil(sample_rate / fmin), frame_length - 1)
    steps = math.ceil(1.0 / resolution)  # a semitone
    n_pitches = math.floor(12 * steps * np.log2(fmax / fmin)) + 1
    reach = round(_OCTAVES_PER_SECOND * 12 * hop_length / sample_rate) * steps
    difference = _normalised_difference(frames, shortest, longest)
    periods, frame, probability = _candidates(difference, shortest)
    pitches = 12 * steps * np.log2(sample_rate / periods / fmin)
    pitches = np.clip(np.round(pitches), 0, n_pitches).astype(int)
    observed = np.zeros((frames.shape[1], 2 * n_pitches))
    observed[frame, pitches] = probability
    voiced = observed[:, :n_pitches].sum(axis=1).clip(0, 1)
    observed[:, n_pitches:] = ((1 - voiced) / n_pitches)[:, None]
    states = _most_likely(observed, n_pitches, reach + 1)
    f0_hz = fmin * 2 ** (np.arange(n_pitches) / (12 * steps))
    return np.where(states < n_pitches, f0_hz[states % n_pitches], np.nan), voiced


def _normalised_difference(frames, shortest, longest):
    """YIN's equation 8, `[lags, frames]`, from `shortest` to `longest`."""
    from audio_tt.dsp.locked_librosa import librosa

    correlation = librosa.autocorrelate(frames, max_size=longest + 1, axis=0)
    power = np.cumsum(np.square(frames[:longest]), axis=0)
    difference = 2 * (correlation[:1] - correlation[1:]) - power
    mean = np.cumsum(difference, axis=0) / np.arange(1, longest + 1)[:, None]
    mean = mean[shortest - 1 :]
    return difference[shortest - 1 :] / (mean + np.finfo(mean.dtype).tiny)


def _candidates(difference, shortest):
    """Periods in samples, the frames that they are found in, and their probabilities."""
    from audio_tt.dsp.locked_librosa import librosa

    is_trough = librosa.util.localmin(difference, axis=0)
    is_trough[0] = difference[0] < difference[1]
    shifts = _vertices(difference)
    priors = _threshold_priors()
    thresholds = np.linspace(0, 1, _N_THRESHOLDS + 1)[1:]
    weights = np.exp(-_BOLTZMANN * np.arange(len(difference)))
    totals = (1 - weights[1]) / (1 - np.exp(-_BOLTZMANN * np.arange(1, len(difference) + 1)))
    found = []
    for frame in np.flatnonzero(is_trough.any(axis=0)):
        lags = np.flatnonzero(is_trough[:, frame])
        heights = difference[lags, frame]
        below = heights[:, None] < thresholds
        rank = np.cumsum(below, axis=0) - 1
        count = np.maximum(rank[-1], 0)
        probability = np.where(below, weights[rank] * totals[count], 0.0) @ priors
        lowest = heights.argmin()
        probability[lowest] += _NO_TROUGH * priors[: np.count_nonzero(~below[lowest])].sum()
        likely = np.flatnonzero(probability)
        lags, probability = lags[likely], probability[likely].astype(difference.dtype)
        found.append(
            (shortest + lags + shifts[lags, frame], np.full(len(lags), frame), probability)
        )
    if not found:
        return np.ones(0), np.zeros(0, int), np.zeros(0)
    return tuple(map(np.concatenate, zip(*found, strict=True)))


def _vertices(difference):
    """How far the vertex of the parabola through each lag and its neighbours is from the lag."""
    shifts = np.zeros_like(difference)
    curvature = difference[2:] + difference[:-2] - 2 * difference[1:-1]
    slope = (difference[2:] - difference[:-2]) / 2
    inside = np.abs(slope) < np.abs(curvature)
    np.divide(-slope, curvature, out=shifts[1:-1], where=inside)
    return shifts


@functools.cache
def _threshold_priors():
    from scipy import stats

    return np.diff(stats.beta.cdf(np.linspace(0, 1, _N_THRESHOLDS + 1), *_BETA))


@functools.lru_cache(maxsize=4)
def _moves(n_pitches, width):
    """Lowest offset, and logarithms of moves `[to, offset]` with and without change of voicing."""
    from audio_tt.dsp.locked_librosa import librosa

    matrix = librosa.sequence.transition_local(n_pitches, width, window="triangle")
    source, target = np.nonzero(matrix)
    lowest, highest = int((source - target).min()), int((source - target).max())
    band = np.zeros((n_pitches, highest - lowest + 1))
    band[target, source - target - lowest] = matrix[source, target]
    return lowest, np.log((1 - _SWITCH) * band + _TINY), np.log(_SWITCH * band + _TINY)


def _most_likely(observed, n_pitches, width):
    """The most likely states `[frames]`; the lowest of equals, as librosa's has it.

    Args:
      observed: probabilities `[frames, 2 * n_pitches]`, of the pitches with voice, then without.
      n_pitches: number of pitches.
      width: pitches that can be reached from one frame to the next.
    """
    lowest, stay, switch = _moves(n_pitches, width)
    n_moves = stay.shape[1]
    log_observed = np.log(observed + _TINY)
    origins = np.zeros(observed.shape, np.int16)
    padded = np.full((2, n_pitches + n_moves - 1), -np.inf)
    score = padded[:, -lowest : n_pitches - lowest]
    score[:] = (log_observed[0] + np.log(1.0 / (2 * n_pitches) + _TINY)).reshape(2, -1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, n_moves, axis=1)
    reached = np.empty((n_pitches, 2, n_moves))
    flat = reached.reshape(n_pitches, -1)
    rows = np.arange(n_pitches)
    for frame in range(1, len(observed)):
        best_of_all = int(score.argmax())
        jump = score.max() + np.log(_TINY)
        values = np.empty((2, n_pitches))
        for voicing, moves in enumerate(((stay, switch), (switch, stay))):
            for source in range(2):
                np.add(windows[source], moves[source], out=reached[:, source])
            best = flat.argmax(axis=1)
            value = flat[rows, best]
            origin = best // n_moves * n_pitches + rows + best % n_moves + lowest
            jumps = (jump > value) | ((jump == value) & (best_of_all < origin))
            here = slice(voicing * n_pitches, (voicing + 1) * n_pitches)
            origins[frame, here] = np.where(jumps, best_of_all, origin)
            values[voicing] = log_observed[frame, here] + np.where(jumps, jump, value)
        score[:] = values
    states = np.empty(len(observed), int)
    states[-1] = score.argmax()
    for frame in range(len(observed) - 1, 0, -1):
        states[frame - 1] = origins[frame, states[frame]]
    return states
