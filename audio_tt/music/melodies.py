"""Melodies in the public domain, from which recordings for training are made."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.music import midi_repair
from audio_tt.music.notes import Note, read_midi, top_line
from audio_tt.training import holding_out

# The Essen collection is left out: it may not be used commercially.
ABC_COLLECTIONS = {"aird": "airdsAirs", "ryan": "ryansMammoth", "oneill": "oneills1850"}
CHORALES = re.compile(r"bwv(2[5-9]\d|3\d\d|4[0-3]\d)\.(mxl|krn|xml)$")


@dataclass(frozen=True)
class Melody:
    """A line of notes as written.

    Attributes:
        name: collection and title, such as `ryan/acacia-reel`.
        notes: (MIDI pitch, onset, duration) for each note, in quarter notes, sorted by onset.
    """

    name: str
    notes: tuple[tuple[int, float, float], ...]

    @property
    def low(self) -> int:
        """Lowest MIDI pitch."""
        return min(pitch for pitch, _, _ in self.notes)

    @property
    def high(self) -> int:
        """Highest MIDI pitch."""
        return max(pitch for pitch, _, _ in self.notes)

    def at_speed(self, seconds_per_note: float, semitones: int = 0) -> list[Note]:
        """Returns the notes at the tempo that makes the median note last `seconds_per_note`."""
        quarter = seconds_per_note / float(np.median([length for _, _, length in self.notes]))
        return [
            Note(pitch + semitones, 80, start * quarter, (start + length) * quarter)
            for pitch, start, length in self.notes
        ]


def _written(name: str, *parts: str) -> Melody:
    """Reads `pitch:quarters` words, such as `64:1 65:0.5`, into a melody; pitch 0 is a rest."""
    notes, time = [], 0.0
    for word in " ".join(parts).split():
        pitch, length = word.split(":")
        if int(pitch):
            notes.append((int(pitch), time, float(length)))
        time += float(length)
    return Melody(name, tuple(notes))


ODE_TO_JOY = _written(
    "built-in/ode-to-joy",  # Beethoven, 1824
    "64:1 64:1 65:1 67:1 67:1 65:1 64:1 62:1 60:1 60:1 62:1 64:1 64:1.5 62:0.5 62:2",
    "64:1 64:1 65:1 67:1 67:1 65:1 64:1 62:1 60:1 60:1 62:1 64:1 62:1.5 60:0.5 60:2",
)
GREENSLEEVES = _written(
    "built-in/greensleeves",  # traditional, 16th century
    "69:1 72:2 74:1 76:1.5 77:0.5 76:1 74:2 71:1 67:1.5 69:0.5 71:1",
    "72:2 69:1 69:1.5 68:0.5 69:1 71:2 68:1 64:2",
    "69:1 72:2 74:1 76:1.5 77:0.5 76:1 74:2 71:1 67:1.5 69:0.5 71:1",
    "72:1.5 71:0.5 69:1 68:1.5 66:0.5 68:1 69:3 69:2",
)
BUILT_IN = (ODE_TO_JOY, GREENSLEEVES)


def is_held_out(name: str, share: float = 0.1) -> bool:
    """Says whether a melody belongs to the test split; it depends on nothing but its title.

    The collection (what precedes the last `/`) does not count, so that a tune that stands in two
    collections cannot be in both splits.
    """
    return holding_out.is_held_out(name.rsplit("/", 1)[-1], share)


def make_exercise(low: int, high: int, rng: np.random.Generator, name: str) -> Melody:
    """Makes long tones, leaps and scales that reach every pitch from `low` to `high`."""
    pitches = list(rng.permutation(np.arange(low, high + 1)))
    notes, time = [], 0.0
    while pitches:
        for pitch in pitches[:3]:
            length = float(rng.choice([2.0, 3.0, 4.0, 6.0]))
            notes.append((int(pitch), time, length))
            time += length
        pitches = pitches[3:]
        time += float(rng.choice([0.0, 1.0]))
        start, step = int(rng.integers(low, max(high - 11, low + 1))), int(rng.choice([1, 2]))
        scale = list(range(start, min(start + 13, high + 1), step))
        for pitch in scale if rng.random() < 0.5 else reversed(scale):
            notes.append((pitch, time, 0.5))
            time += 0.5
    return Melody(name, tuple(notes))


def read_folder(folder: Path, longest_quarters: float = 128.0) -> list[Melody]:
    """Reads the top line of every MIDI file below a folder; long ones are cut.

    Raises:
        UserError: the folder is missing or holds no readable MIDI file.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of MIDI files; check --midi_path.")
    melodies = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in midi_repair.EXTENSIONS:
            continue
        try:
            line = top_line(read_midi(path))
        except UserError as error:
            logging.warning("left out: %s", error)
            continue
        first = line[0].start  # at 120 quarter notes a minute: the tempo is chosen anew anyway
        notes = ((n.pitch, 2 * (n.start - first), 2 * n.duration) for n in line)
        kept = tuple(note for note in notes if note[1] < longest_quarters)
        melodies.append(Melody(str(path.relative_to(folder).with_suffix("")), kept))
    if not melodies:
        raise UserError(
            f"{folder}: holds no readable MIDI file (.mid, .midi, .rmi); check --midi_path."
        )
    return melodies


def read_corpus(per_collection: int = 40, seed: int = 0) -> list[Melody]:
    """Reads a choice of airs, fiddle tunes and chorale sopranos from music21's corpus.

    Args:
        per_collection: how many from each of Aird, Ryan, O'Neill and Bach.
        seed: another seed chooses others.

    Returns:
        The melodies, sorted by name, one of each title; it takes about 0.2 s for each.

    Raises:
        UserError: music21 is not installed.
    """
    try:
        from music21 import corpus
    except ImportError as error:
        raise UserError(
            "music21 is not installed; pip install music21, or give --midi_path=FOLDER."
        ) from error
    rng = np.random.default_rng(seed)
    paths = sorted(corpus.getCorePaths())
    melodies: dict[str, Melody] = {}
    for collection, folder in ABC_COLLECTIONS.items():
        tunes = _abc_tunes([path for path in paths if path.parent.name == folder])
        for title, text in _choose(tunes, per_collection, rng):
            _keep(
                melodies,
                collection,
                title,
                lambda music, text=text: music.parse(text, format="abc"),
            )
    chorales = [(path.stem, path) for path in paths if CHORALES.match(path.name)]
    for title, path in _choose(chorales, per_collection, rng):
        _keep(melodies, "bach", title, lambda music, path=path: music.parse(path).parts[0])
    return sorted(melodies.values(), key=lambda melody: melody.name)


def _choose(items: Sequence, count: int, rng: np.random.Generator) -> list:
    return [items[i] for i in rng.permutation(len(items))[:count]]


def _abc_tunes(paths: Sequence[Path]) -> list[tuple[str, str]]:
    """Returns (title, ABC text) of every tune in the files."""
    tunes = []
    for path in paths:
        for text in re.split(r"(?m)^(?=X:)", path.read_text(encoding="utf-8", errors="replace")):
            title = re.search(r"(?m)^T:(.*)$", text)
            slug = re.sub(r"[^a-z0-9]+", "-", title.group(1).lower()).strip("-") if title else ""
            if slug and text.startswith("X:"):
                tunes.append((slug[:60], text))
    return tunes


def _keep(melodies: dict[str, Melody], collection: str, title: str, load) -> None:
    """Adds one tune unless it cannot be read, is too short, or its title is there already."""
    from music21 import converter

    try:
        written = load(converter).flatten().stripTies().notes
        notes = sorted(
            (float(note.offset), note.pitches[-1].midi, float(note.quarterLength))
            for note in written
            if note.quarterLength > 0 and note.pitches
        )
    except Exception as error:  # music21 fails in many ways on the odd tune
        logging.debug("left out %s/%s: %s", collection, title, error)
        return
    line = _trim([(pitch, start, length) for start, pitch, length in notes])
    if len(line) >= 12:
        melodies.setdefault(title, Melody(f"{collection}/{title}", line))


def _trim(notes: list[tuple[int, float, float]]) -> tuple[tuple[int, float, float], ...]:
    """Keeps one note an onset and ends each where the next begins."""
    firsts = [n for i, n in enumerate(notes) if i == 0 or n[1] > notes[i - 1][1]]
    ends = [note[1] for note in firsts[1:]] + [float("inf")]
    return tuple((p, s, min(d, end - s)) for (p, s, d), end in zip(firsts, ends, strict=True))
