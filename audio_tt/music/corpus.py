"""Polyphonic pieces in the public domain, from the corpus that comes with music21."""

import functools
import hashlib
import os
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError
from audio_tt.music.notes import Note

# How many pieces of a composer, or of one folder of the corpus, are taken at most. All of them
# died before 1920, and none of these scores is written for transposing instruments.
CHOICE = {
    "bach/bwv846": 1,
    "bach": 44,
    "beethoven": 24,
    "chopin": 4,
    "corelli": 4,
    "cpebach": 4,
    "handel": 4,
    "haydn": 16,
    "joplin": 4,
    "monteverdi": 8,
    "mozart": 24,
    "palestrina": 8,
    "schubert": 4,
    "schumann_clara": 8,
    "schumann_robert": 8,
    "verdi": 4,
}
SCORE_EXTENSIONS = (".mxl", ".xml", ".krn")  # of two files of one piece the first kind is read
TWICE_THERE = {"schumann_robert_dichterliebe_no2"}  # it is opus48no2
MEDIAN_NOTE_SECONDS = 0.4
QUARTERS_PER_MINUTE = (54.0, 120.0)  # where the score does not say its tempo
POSSIBLE_QUARTERS_PER_MINUTE = (20.0, 300.0)


def list_pieces(split: str | None = None) -> list[str]:
    """Names of the pieces, such as `mozart_k155_movement1`, in a fixed order.

    Args:
        split: "test" for one piece in ten, "train" for the others, None for all. Nothing but the
            name decides.

    Raises:
        UserError: music21 is not installed, or there is no such split.
    """
    if split not in (None, "train", "test"):
        raise UserError(f"music21:{split}: write music21:train, music21:test or music21.")
    names = sorted(_paths())
    return [name for name in names if split is None or is_held_out(name) == (split == "test")]


def is_held_out(name: str, share: float = 0.1) -> bool:
    """Says whether a piece belongs to the test split."""
    return _digest(name) % 1000 < share * 1000


def read_piece(name: str, max_seconds: float = 60.0) -> list[Note]:
    """Reads the notes of a piece.

    The tempo is the score's own; where it has none, such that the median note lasts 0.4 s, within
    54 to 120 quarter notes a minute. Velocities rise and fall slowly and mark the beats, the same
    way every time.

    Args:
        name: as `list_pieces` gives it.
        max_seconds: what comes later is left out, and notes that last longer are cut.

    Returns:
        The notes, sorted by onset, then pitch; the first begins at 0 s.

    Raises:
        UserError: there is no such piece, or music21 cannot read it.
    """
    if name not in _paths():
        raise UserError(f"music21's corpus has no chosen piece {name}.")
    from music21 import converter

    try:
        score = converter.parse(_paths()[name])
        written = _written_notes(score)
        seconds = _clock(score, written)
        bar = _bar_quarters(score)
    except Exception as error:  # music21 fails in many ways on the odd score
        raise UserError(f"{name}: music21 cannot read it ({type(error).__name__}).") from error
    if not written:
        raise UserError(f"{name}: holds no notes.")
    first = written[0][0]
    velocities = _velocities([start - first for start, _, _ in written], bar, _digest(name))
    begin = seconds(first)
    notes = [
        Note(pitch, velocity, seconds(start) - begin, min(seconds(end) - begin, max_seconds))
        for (start, end, pitch), velocity in zip(written, velocities, strict=True)
    ]
    notes = [note for note in notes if note.end > note.start]
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _digest(name: str) -> int:
    return int.from_bytes(hashlib.sha256(os.fsencode(name)).digest()[:8], "big")


@functools.cache
def _paths() -> dict[str, Path]:
    """Returns the file of every chosen piece."""
    try:
        from music21 import corpus
    except ImportError as error:
        raise UserError(
            "music21 is not installed; pip install music21, or give a folder of MIDI files."
        ) from error
    files: dict[str, dict[str, Path]] = {}
    root = Path(corpus.__file__).parent
    for extension in reversed(SCORE_EXTENSIONS):
        for path in map(Path, corpus.getCorePaths(fileExtensions=[extension])):
            place = path.relative_to(root).with_suffix("").as_posix()
            # A hyphen marks a variant of a chorale that is there as well.
            if "-" not in path.stem:
                name = place.replace("/", "_").replace(".", "-")
                files.setdefault(_collection(place), {})[name] = path
    chosen = {}
    for collection, count in CHOICE.items():
        pieces = files.get(collection, {})
        names = sorted(pieces.keys() - TWICE_THERE, key=_digest)[:count]
        chosen |= {name: pieces[name] for name in names}
    return chosen


def _collection(place: str) -> str:
    return place if place in CHOICE else place.split("/")[0]


def _written_notes(score) -> list[tuple[float, float, int]]:
    """Returns (onset, end, MIDI pitch) in quarter notes, tied notes joined, sorted."""
    joined = []
    for part in getattr(score, "parts", None) or [score]:
        tied: dict[int, int] = {}  # pitch -> where in `joined` the note is that a tie goes on from
        for element in part.flatten().notes:
            start = float(element.offset)
            end = start + float(element.quarterLength)
            for note in getattr(element, "notes", [element]):
                if end <= start or not hasattr(note, "pitch"):
                    continue  # grace notes and unpitched percussion
                pitch, tie = int(note.pitch.midi), note.tie.type if note.tie else None
                before = tied.get(pitch) if tie in ("continue", "stop") else None
                if before is not None and abs(joined[before][1] - start) < 1e-3:
                    joined[before] = (joined[before][0], end, pitch)
                else:
                    joined.append((start, end, pitch))
                    before = len(joined) - 1
                if tie in ("start", "continue"):
                    tied[pitch] = before
    return sorted(joined)


def _bar_quarters(score) -> float:
    from music21 import meter

    signatures = list(score.recurse().getElementsByClass(meter.TimeSignature))
    return float(signatures[0].barDuration.quarterLength) if signatures else 4.0


def _clock(score, written):
    """Returns the function from quarter notes to seconds."""
    from music21 import tempo

    marks = {}
    for mark in score.flatten().getElementsByClass(tempo.MetronomeMark):
        number = mark.number or mark.numberSounding
        if number:
            quarters = number * float(mark.referent.quarterLength)
            marks[float(mark.offset)] = float(np.clip(quarters, *POSSIBLE_QUARTERS_PER_MINUTE))
    if not marks:
        median = float(np.median([end - start for start, end, _ in written] or [1.0]))
        marks = {0.0: float(np.clip(60 * median / MEDIAN_NOTE_SECONDS, *QUARTERS_PER_MINUTE))}
    places, speeds = zip(*sorted(marks.items()), strict=True)
    places = (min(0.0, places[0]), *places[1:])
    times = [0.0]
    for place, after, speed in zip(places, places[1:], speeds, strict=False):
        times.append(times[-1] + (after - place) * 60 / speed)

    def seconds(quarters):
        i = max(0, bisect_right(places, quarters) - 1)
        return times[i] + (quarters - places[i]) * 60 / speeds[i]

    return seconds


def _velocities(starts: Sequence[float], bar: float, seed: int) -> list[int]:
    """Makes velocities 20..127: a level of the piece, phrases of about 4 and 14 bars, accents."""
    rng = np.random.default_rng(seed)
    starts = np.asarray(starts)
    velocity = rng.uniform(58.0, 84.0) + rng.uniform(-5.0, 5.0, len(starts))
    for bars, depth in ((4.0, 14.0), (14.0, 18.0)):
        period = bar * bars * rng.uniform(0.8, 1.25)
        velocity += depth * np.sin(2 * np.pi * (starts / period + rng.random()))
    on_beat = np.abs(starts - np.round(starts)) < 1e-3
    on_bar = np.abs(starts / bar - np.round(starts / bar)) < 1e-3
    velocity += 4.0 * on_beat + 8.0 * on_bar
    return [int(v) for v in np.clip(np.round(velocity), 20, 127)]
