"""Tracks of notes with their controllers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from audio_tt.music.notes import Note

MODULATION, VOLUME, PAN, EXPRESSION, SUSTAIN = 1, 7, 10, 11, 64
_DATA_ENTRY, _RPN_FINE, _RPN_COARSE = 6, 100, 101
_BEND_SEMITONES = 2.0  # of a synthesiser that was told nothing else


@dataclass(frozen=True)
class Track:
    """What one player of a piece plays.

    Attributes:
        name: as the file has it, or empty.
        program: General MIDI program, 0..127.
        notes: sorted by onset, then pitch.
        controls: of each controller's number, (seconds, value 0..127) in order.
        bends: (seconds, semitones) in order.
        is_drums: whether the notes are of a drum kit.
    """

    name: str
    program: int
    notes: tuple[Note, ...]
    controls: Mapping[int, tuple[tuple[float, int], ...]] = field(default_factory=dict)
    bends: tuple[tuple[float, float], ...] = ()
    is_drums: bool = False

    def control(self, number: int, times: np.ndarray, default: float) -> np.ndarray:
        """Returns a controller's value at times `[frames]`; `default` before it is first set."""
        return held(self.controls.get(number, ()), times, default)


def held(events: Sequence[tuple[float, float]], times: np.ndarray, default: float) -> np.ndarray:
    """Returns the values of (seconds, value) events, each held until the next, at `times`."""
    values = np.array([default, *(value for _, value in events)], float)
    return values[np.searchsorted([time for time, _ in events], times, side="right")]


def make_track(
    name: str,
    program: int,
    notes: Iterable[Note],
    controls: Iterable[tuple[int, float, int]],
    bends: Iterable[tuple[float, int]],
    is_drums: bool,
) -> Track:
    """Makes a track of what a file holds.

    Args:
        name: of the track.
        program: General MIDI program, 0..127.
        notes: in any order; those without duration or velocity are left out.
        controls: (controller, seconds, value), in any order.
        bends: (seconds, value -8192..8191); their range is what the controllers 101, 100 and 6 say,
            by default two semitones.
        is_drums: whether it is a drum kit.
    """
    by_number: dict[int, list[tuple[float, int]]] = {}
    for number, time, value in sorted(controls, key=lambda control: control[1]):
        by_number.setdefault(number, []).append((float(time), int(value)))
    track = Track(
        name,
        program,
        tuple(
            sorted(
                (note for note in notes if note.end > note.start and note.velocity > 0),
                key=lambda note: (note.start, note.pitch),
            )
        ),
        {number: tuple(events) for number, events in by_number.items()},
        is_drums=is_drums,
    )
    bends = sorted(bends)
    ranges = _bend_ranges(track, np.array([time for time, _ in bends]))
    semitones = (value / 8192 * size for (_, value), size in zip(bends, ranges, strict=True))
    times = (float(time) for time, _ in bends)
    return replace(track, bends=tuple(zip(times, semitones, strict=True)))


def _bend_ranges(track, times):
    """Semitones of a whole bend at each time: of data entries, those for parameter 0."""
    entries = track.controls.get(_DATA_ENTRY, ())
    moments = np.array([time for time, _ in entries])
    chosen = [track.control(number, moments, 127) for number in (_RPN_COARSE, _RPN_FINE)]
    meant = [entry for entry, *both in zip(entries, *chosen, strict=True) if both == [0, 0]]
    return held(meant, times, _BEND_SEMITONES)
