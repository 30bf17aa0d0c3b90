"""Puts right what a tracker takes for another octave, or cannot hear because it is too high or low.

A tracker decides in each frame, or from one to the next. Here the likeliest line through the whole
recording is followed, among what the tracker says and the pitches that explain the partials best
(`audio_tt.pitch.salience`). Where the line is the tracker's, the tracker's pitch stays as it is.
"""

from typing import NamedTuple

import numpy as np

from audio_tt.pitch import salience

_HOP_SECONDS = 0.016
_FAINT = 0.05  # strength that counts as none
_LEAP, _LONGEST_LEAP = 3.0, 1.5  # nepers for each octave that the line leaps, up to so many octaves
_SAME = 0.5 / 12  # octaves between two values of one pitch
_GLIDE = 1 / 12  # octaves between two frames, above which the line leaps
_HEARD, _SURE = 0.1, 0.5  # strengths that stand for confidence 0 and 1
_DOUBT, _ALONE = 0.5, 0.4  # confidence below which, and strength above which one frame will do
_BRIEFEST = 2  # frames that a correction lasts; the noise of an attack lasts less
_LASTING = 5  # frames over which a strength is a median


class Trust(NamedTuple):
    """How much stronger than the tracker's a pitch must be, in nepers, by the tracker's confidence.

    Attributes:
      below: for a lower pitch, at confidence 1.
      above: for a higher pitch.
      power: of confidence.
    """

    below: float
    above: float
    power: float


# CREPE is sure of nothing outside its range. What YIN and pYIN take for periodic may be so at a
# part of that period too, and is at any multiple of it.
_TRUST = {"crepe": Trust(4.0, 4.0, 4.0), "pyin": Trust(4.0, 0.4, 0.5), "yin": Trust(4.0, 0.4, 1.0)}


class Correction:
    """Listens to what a tracker is given, and corrects what it made of it.

    Args:
      method: the tracker, one of `audio_tt.pitch.tracking.track`.
      sample_rate: Hz, about 16000.
      hop_length: samples a frame of the tracker's.
      reach: Hz, the lowest and the highest pitch that the tracker can find.
      allowed: Hz, those that a correction may come to.
    """

    def __init__(
        self,
        method: str,
        sample_rate: float,
        hop_length: int,
        reach: tuple[float, float],
        allowed: tuple[float, float] = (0.0, np.inf),
    ):
        self._trust, self._reach, self._allowed = _TRUST[method], reach, allowed
        self._stride = max(1, round(_HOP_SECONDS * sample_rate / hop_length))
        self._candidates = salience.Candidates(sample_rate, self._stride * hop_length)

    def push(self, audio: np.ndarray) -> None:
        """Takes the next samples, float32 [samples], finite."""
        self._candidates.push(audio)

    def finish(self, f0_hz: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Corrects all that was tracked.

        Args:
          f0_hz: [frames], not a number where there is none.
          confidence: [frames], 0 to 1; 0 in silence, which stays as it is.

        Returns:
          The corrected (f0_hz, confidence), [frames] each. What sounds above
          `salience.HIGHEST_HZ` has confidence 0.
        """
        hz, strength = self._candidates.finish()
        strength = np.where((hz >= self._allowed[0]) & (hz <= self._allowed[1]), strength, 0.0)
        tracked_hz, trusted = f0_hz[:: self._stride], confidence[:: self._stride]
        line_hz, line_strength = _follow(
            hz, strength, tracked_hz, trusted, self._trust, self._reach
        )
        lasting = _median(line_strength)
        place = np.arange(len(f0_hz)) / self._stride
        line_hz = _interpolated(line_hz, place)
        lasting = np.interp(place, np.arange(len(lasting)), lasting)
        with np.errstate(invalid="ignore", divide="ignore"):
            octaves = np.log2(line_hz / f0_hz)
        differs = (confidence > 0) & (lasting > _HEARD) & ~(np.abs(octaves) < _SAME)
        differs &= ~_brief(differs, _BRIEFEST * self._stride)
        # The tracker is finer than the grid of salience.
        whole = np.rint(octaves)
        moved = np.where(np.abs(octaves - whole) < _SAME, f0_hz * 2.0**whole, line_hz)
        sure = np.maximum(confidence, _confidence(lasting))
        sure = np.where(line_hz > salience.HIGHEST_HZ, 0.0, sure)
        return np.where(differs, moved, f0_hz), np.where(differs, sure, confidence)


def too_high(
    frames: np.ndarray, f0_hz: np.ndarray, confidence: np.ndarray, highest_hz: float
) -> tuple[np.ndarray, np.ndarray]:
    """Corrects, frame by frame, a tracker that is unsure because a pitch is above its range.

    Args:
      frames: [frames, 1024] at 16 kHz.
      f0_hz: [frames], what was tracked.
      confidence: [frames].
      highest_hz: that the tracker can find.

    Returns:
      The corrected (f0_hz, confidence), [frames] each.
    """
    f0_hz, confidence = np.array(f0_hz), np.array(confidence)
    unsure = np.flatnonzero((confidence > 0) & (confidence < _DOUBT))
    if len(unsure):
        hz, strength = salience.high_pitch(frames[unsure], 16000)
        sure = _confidence(strength)
        heard = (hz > highest_hz) & (strength > _ALONE) & (sure > confidence[unsure])
        f0_hz[unsure[heard]], confidence[unsure[heard]] = hz[heard], sure[heard]
    return f0_hz, confidence


def _confidence(strength):
    return ((strength - _HEARD) / (_SURE - _HEARD)).clip(0, 1)


def _follow(hz, strength, tracked_hz, confidence, trust, reach):
    """The likeliest line [frames] through candidates and what a tracker says, and its strength.

    Args:
      hz: [frames, candidates].
      strength: of the candidates, the same shape.
      tracked_hz: [frames], not a number where there is none.
      confidence: the tracker's, [frames].
      trust: in it, a `Trust`.
      reach: see `Correction`.
    """
    known = np.isfinite(tracked_hz) & (tracked_hz > 0) & (confidence > 0)
    tracked = np.log2(np.where(known, tracked_hz, 1.0))[:, None]
    octave = np.log2(hz)
    same = (np.abs(octave - tracked) < _SAME) & known[:, None]
    own = np.where(same, strength, 0.0).max(axis=1)
    against = np.where(octave < tracked, trust.below, trust.above) * known[:, None]
    against[_out_of_reach(octave, tracked, reach)] = 0.0
    score = np.log(np.maximum(strength, _FAINT)) - against * confidence[:, None] ** trust.power
    score[same] = -np.inf  # the tracker stands for it
    own_score = np.where(known, np.log(np.maximum(own, _FAINT)), -np.inf)
    octave = np.concatenate([octave, tracked], axis=1)
    path = _likeliest(np.column_stack([score, own_score]), octave)
    rows = np.arange(len(path))
    return 2.0 ** octave[rows, path], np.column_stack([strength, own])[rows, path]


def _out_of_reach(octave, tracked, reach):
    """Which candidates a tracker cannot have found: those above its range, and below its lowest."""
    lowest, highest = np.log2(reach)
    return (octave > highest) | ((octave < tracked) & (tracked < lowest + 2 * _SAME))


def _likeliest(score, octave):
    """The states [frames] of the path with the highest score, where leaps of octave cost.

    Args:
      score: [frames, states].
      octave: of the states, the same shape.
    """
    origins = np.zeros(score.shape, np.int8)
    total, columns = score[0], np.arange(score.shape[1])
    for frame in range(1, len(score)):
        leap = np.abs(octave[frame][:, None] - octave[frame - 1])
        reached = total - _LEAP * np.minimum(leap, _LONGEST_LEAP)
        origins[frame] = best = reached.argmax(axis=1)
        total = reached[columns, best] + score[frame]
    path = np.empty(len(score), int)
    path[-1] = total.argmax()
    for frame in range(len(score) - 1, 0, -1):
        path[frame - 1] = origins[frame, path[frame]]
    return path


def _brief(chosen, shortest):
    """Which of the frames [frames] that are chosen stand in runs of fewer than `shortest`."""
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False))
    brief = np.zeros(len(chosen), bool)
    for start, stop in edges.reshape(-1, 2):
        brief[start:stop] = stop - start < shortest
    return brief


def _median(strength):
    """Of each frame [frames] and those around it."""
    around = np.pad(strength, _LASTING // 2, mode="edge")
    return np.median(np.lib.stride_tricks.sliding_window_view(around, _LASTING), axis=1)


def _interpolated(hz, place):
    """A line [frames] at places between its frames; where it leaps, the nearest frame's."""
    place = np.minimum(place, len(hz) - 1)
    before = place.astype(int)
    after = np.minimum(before + 1, len(hz) - 1)
    octaves = np.log2(hz[after] / hz[before])
    glide = hz[before] * 2.0 ** ((place - before) * octaves)
    return np.where(np.abs(octaves) < _GLIDE, glide, hz[np.rint(place).astype(int)])
