"""The notes of one voice, from its curves of pitch, loudness and confidence, for MIDI files."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from audio_tt.dsp.units import hz_to_midi
from audio_tt.music.notes import Note, write_midi

BEND_RANGE = 2  # semitones to either side, General MIDI's own
_BEND_SECONDS = 0.01  # from one bend to the next
_BEND_STEP = 0.02  # semitones by which they differ at least

# benchmarks/midi_notes.py measures what these are worth.
_SURE = (0.2, 0.6)  # confidence of no pitch, and of a certain one
_AUDIBLE_DB = (-45.0, -30.0)  # beside the loud frames, of silence and of what surely sounds
_RELEASED_DB = (-18.0, -10.0)  # beside the level when it was struck, of an echo and of a note
_FORGET_DB = 15.0  # a second, by which that level falls
_STRUCK_DB = 10.0  # by which loudness rises where something new is struck
_SMOOTH_SECONDS = 0.012  # over which loudness is averaged
_VIBRATO_SECONDS, _WIDEST_VIBRATO = 0.2, 2.0  # of a period; semitones from its top to its bottom
_SPREAD = 0.35  # semitones, of a pitch around its key
_OFF_KEY = 6.0  # cost, at most, of a frame that is off its key
_REST, _NOTE = 2.0, 1.0  # cost of a rest where there is a pitch, and of a note where there is none
_CHANGE_SECONDS = 0.07  # of cost 1, that a change of note costs
_DIP_DB = 4.0  # by which loudness falls and rises again between two notes of one key
_ATTACK_SECONDS = 0.05  # within which it rises
_LATE_SECONDS = 0.1  # by which a pitch may be heard after its note has begun
_ONSET_DB = 15.0  # below the level at which the pitch is heard, of the moment before the onset
_SHORTEST_SECONDS = 0.03  # of a note

_LOUD_PERCENTILE, _LEVEL_PERCENTILE = 95, 90
_LOUDEST_VELOCITY = 112


class _Span(NamedTuple):
    """The frames of a note; whether its key was struck again, without a rest before."""

    key: int
    start: int
    stop: int
    again: bool


@dataclass(frozen=True)
class Transcription:
    """The notes of one voice and how their pitch moves.

    Attributes:
        notes: sorted by onset; none begins before the one before it has ended.
        bends: (seconds, -8192..8191), of `BEND_RANGE` semitones to either side.
    """

    notes: tuple[Note, ...] = ()
    bends: tuple[tuple[float, int], ...] = ()

    def write(self, path: str | os.PathLike) -> None:
        """Writes a MIDI file of one track, which says the range of its bends too."""
        # One after the other: messages of one moment are sorted by their numbers.
        messages = ((101, 0), (100, 0), (6, BEND_RANGE), (38, 0))
        controls = [(0.001 * i, *message) for i, message in enumerate(messages)]
        write_midi(path, self.notes, controls=controls, bends=self.bends)


def transcribe(curves: Mapping[str, Any], frame_rate: float) -> Transcription:
    """Finds the notes of one voice.

    The likeliest line through rests and keys is followed, as in the note tracking of pYIN (Mauch et
    al., 2015): a note costs as much as the pitch is off its key, a rest costs where there is a
    pitch, and each change costs. A dip in loudness tells two notes of one key apart; a pitch that
    is heard late is given the onset that loudness shows.

    Velocities keep differences of loudness, at General MIDI's gain of 40 log10(velocity / 127) dB;
    the loudest note has 112.

    Args:
        curves: `f0_hz` (0 where there is no pitch), `f0_confidence` (0 to 1) and `loudness_db`,
            `[frames]` each; frame i is at second i / frame_rate.
        frame_rate: frames a second, about 50 to 250.

    Returns:
        A `Transcription`, without notes where no pitch is found.
    """
    from scipy import ndimage

    f0_hz, confidence, loudness_db = (
        np.nan_to_num(np.asarray(curves[name], np.float64), nan=rest, neginf=rest)
        for name, rest in (("f0_hz", 0.0), ("f0_confidence", 0.0), ("loudness_db", -120.0))
    )
    if not np.any(f0_hz > 0):
        return Transcription()
    midi = hz_to_midi(f0_hz)
    level_db = ndimage.uniform_filter1d(loudness_db, _frames(_SMOOTH_SECONDS, frame_rate))
    level_db -= np.percentile(level_db, _LOUD_PERCENTILE)
    sounds = (f0_hz > 0) * _ramp(confidence, _SURE) * _ramp(level_db, _AUDIBLE_DB)
    sounds *= _ramp(level_db - _struck_level(level_db, frame_rate), _RELEASED_DB)
    spans = _spans(_follow(midi, sounds, frame_rate), level_db, frame_rate)
    levels = [np.percentile(level_db[span.start : span.stop], _LEVEL_PERCENTILE) for span in spans]
    loudest = max(levels, default=0.0)
    notes = (
        Note(span.key, _velocity(level - loudest), span.start / frame_rate, span.stop / frame_rate)
        for span, level in zip(spans, levels, strict=True)
    )
    return Transcription(tuple(notes), tuple(_bends(midi, spans, frame_rate)))


def _frames(seconds, frame_rate):
    return max(round(seconds * frame_rate), 1)


def _ramp(values, ends):
    return np.interp(values, ends, (0.0, 1.0))


def _struck_level(level_db, frame_rate):
    """The level [frames] of what was struck last; it falls slowly while that sounds."""
    struck, peak, lowest = np.empty(len(level_db)), -np.inf, np.inf
    for frame, level in enumerate(level_db):
        peak, lowest = peak - _FORGET_DB / frame_rate, min(lowest, level)
        if level >= min(peak, lowest + _STRUCK_DB):
            peak = lowest = level
        struck[frame] = peak
    return struck


def _follow(midi, sounds, frame_rate):
    """The key of each frame [frames], -1 in rests: the path of the least cost."""
    keys = np.arange(max(np.floor(midi.min()), 0), min(np.ceil(midi.max()), 127) + 1)
    distance = midi[:, None] - keys - _tuning(midi, sounds, frame_rate)
    off = np.minimum(distance**2 / (2 * _SPREAD**2), _OFF_KEY)
    certain = sounds[:, None]
    costs = np.column_stack([_REST * sounds, certain * off + (1.0 - certain) * _NOTE])
    change, total = _CHANGE_SECONDS * frame_rate, costs[0]
    stays, origins = np.ones(costs.shape, bool), np.zeros(len(costs), int)
    for frame in range(1, len(costs)):
        origins[frame] = best = total.argmin()
        stays[frame] = total <= total[best] + change
        total = np.minimum(total, total[best] + change) + costs[frame]
    path = np.empty(len(costs), int)
    path[-1] = total.argmin()
    for frame in range(len(costs) - 1, 0, -1):
        path[frame - 1] = path[frame] if stays[frame, path[frame]] else origins[frame]
    return np.append(-1, keys)[path].astype(int)


def _tuning(midi, sounds, frame_rate):
    """Semitones, -0.5 to 0.5, by which the recording as a whole is off the keys.

    Pitch counts as the mean over a vibrato, where no note begins or ends.
    """
    from scipy import ndimage

    size = _frames(_VIBRATO_SECONDS, frame_rate)
    within = ndimage.maximum_filter1d(midi, size) - ndimage.minimum_filter1d(midi, size)
    weights = sounds * (within < _WIDEST_VIBRATO)
    mean = np.sum(weights * np.exp(2j * np.pi * ndimage.uniform_filter1d(midi, size)))
    return float(np.angle(mean)) / (2 * np.pi)


def _spans(keys, level_db, frame_rate):
    """The notes as `_Span`s."""
    edges = np.flatnonzero(np.diff(keys, prepend=-1, append=-1)).tolist()
    late, spans = _frames(_LATE_SECONDS, frame_rate), []
    for start, stop in zip(edges, edges[1:], strict=False):
        if keys[start] < 0:
            continue
        onset, free = start, spans[-1].stop if spans else 0
        if start > free or not spans:
            onset = _onset(level_db, start, max(start - late, free))
        elif spans[-1].again and start - spans[-1].start < late:
            onset = spans.pop().start  # its own dip, after which the pitch before was still heard
        begins = [onset, *(start + _struck_again(level_db[start:stop], frame_rate))]
        for index, (begin, end) in enumerate(zip(begins, [*begins[1:], stop], strict=True)):
            spans.append(_Span(int(keys[start]), int(begin), int(end), index > 0))
    shortest = _frames(_SHORTEST_SECONDS, frame_rate)
    return [span for span in spans if span.stop - span.start >= shortest]


def _struck_again(level_db, frame_rate):
    """Frames at which loudness has fallen and from which it rises at once."""
    from scipy import signal

    dips, _ = signal.find_peaks(-level_db, prominence=_DIP_DB)
    reach = _frames(_ATTACK_SECONDS, frame_rate) + 1
    rises = [level_db[dip : dip + reach].max() - level_db[dip] >= _DIP_DB for dip in dips]
    return dips[np.array(rises, bool)]


def _onset(level_db, start, earliest):
    """The frame, `start` or before, at which what sounds at `start` has begun."""
    before = level_db[earliest : start + 1]
    soft = np.flatnonzero(before < level_db[start] - _ONSET_DB)
    return earliest + int(soft[-1] + 1 if len(soft) else before.argmin())


def _velocity(level_db):
    return int(np.clip(round(_LOUDEST_VELOCITY * 10.0 ** (level_db / 40.0)), 1, 127))


def _bends(midi, spans, frame_rate):
    """Yields (seconds, value) of the pitch within the notes."""
    last = 0.0
    for span in spans:
        for frame in range(span.start, span.stop, _frames(_BEND_SECONDS, frame_rate)):
            bend = float(np.clip(midi[frame] - span.key, -BEND_RANGE, BEND_RANGE))
            if abs(bend - last) >= _BEND_STEP:
                last = bend
                yield frame / frame_rate, min(round(bend / BEND_RANGE * 8192), 8191)
