"""Notes and the MIDI files they come from."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing

if TYPE_CHECKING:
    import pretty_midi


@dataclass(frozen=True)
class Note:
    """One sounding note.

    Attributes:
        pitch: MIDI note number, 0..127 (69 is A4, 440 Hz).
        velocity: MIDI velocity, 1..127.
        start: onset in seconds.
        end: release in seconds, later than `start`.
    """

    pitch: int
    velocity: int
    start: float
    end: float

    @property
    def duration(self) -> float:
        """Sounding time in seconds."""
        return self.end - self.start


def read_midi(path: str | os.PathLike, drums: bool = False) -> list[Note]:
    """Reads all the notes of all tracks of a MIDI file.

    What the standard does not allow is read as far as it goes, with a warning: values above 127
    count as 127, keys that do not exist as none, and of a file that ends early the notes before
    that. Files in RIFF (`.rmi`) are read too.

    Args:
        path: a Standard MIDI File.
        drums: whether the notes of drum tracks are kept.

    Returns:
        The notes, sorted by onset, then pitch. Notes without duration are left out.

    Raises:
        UserError: the file is missing, is not MIDI, or holds no note.
    """
    midi = open_midi(path)
    notes = [
        Note(note.pitch, note.velocity, float(note.start), float(note.end))
        for instrument in midi.instruments
        if drums or not instrument.is_drum
        for note in instrument.notes
        if note.end > note.start and note.velocity > 0
    ]
    if not notes:
        raise UserError(f"{path}: holds no notes; choose a MIDI file with at least one.")
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def open_midi(path: str | os.PathLike) -> "pretty_midi.PrettyMIDI":
    """Opens a MIDI file as `read_midi` reads it.

    Raises:
        UserError: the file is missing or is not MIDI.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such MIDI file; check the path.")
    import pretty_midi

    from audio_tt.music import midi_repair

    try:
        return pretty_midi.PrettyMIDI(mido_object=midi_repair.read(path))
    except Exception as error:  # mido raises many kinds for a damaged file
        reason = str(error) or "it ends early"
        raise UserError(f"{path}: not a readable MIDI file ({reason}); export it again.") from error


def to_midi(
    notes: Iterable[Note],
    program: int = 0,
    controls: Iterable[tuple[float, int, int]] = (),
    bends: Iterable[tuple[float, int]] = (),
) -> "pretty_midi.PrettyMIDI":
    """Builds a `pretty_midi.PrettyMIDI` with one track.

    Args:
        notes: the notes.
        program: General MIDI program, 0..127.
        controls: (seconds, controller number, value 0..127) for each controller change.
        bends: (seconds, value -8192..8191) for each pitch bend.
    """
    import pretty_midi

    track = pretty_midi.Instrument(program=program)
    track.notes = [pretty_midi.Note(n.velocity, n.pitch, n.start, n.end) for n in notes]
    track.control_changes = [
        pretty_midi.ControlChange(number, value, time) for time, number, value in controls
    ]
    track.pitch_bends = [pretty_midi.PitchBend(value, time) for time, value in bends]
    midi = pretty_midi.PrettyMIDI(resolution=960)
    midi.instruments.append(track)
    return midi


def write_midi(
    path: str | os.PathLike,
    notes: Iterable[Note],
    program: int = 0,
    controls: Iterable[tuple[float, int, int]] = (),
    bends: Iterable[tuple[float, int]] = (),
) -> None:
    """Writes notes, and the controllers of one track, to a MIDI file; see `to_midi`."""
    with replacing(path) as temporary:
        to_midi(notes, program, controls, bends).write(str(temporary))


def top_line(notes: Sequence[Note]) -> list[Note]:
    """Reduces any music to its highest voice, so that a monophonic instrument can play it.

    Of the notes that begin together (within 30 ms) the highest stays; a note ends where the next
    begins; a lower note that begins under a higher one that still sounds is left out.

    Example:
      >>> chord = [Note(60, 90, 0.0, 1.0), Note(64, 90, 0.0, 1.0), Note(67, 90, 0.0, 1.0)]
      >>> [note.pitch for note in top_line([*chord, Note(65, 90, 1.0, 2.0)])]
      [67, 65]
    """
    line: list[Note] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        if line and note.start < line[-1].end - 0.03 and note.pitch < line[-1].pitch:
            continue
        if line and note.start - line[-1].start < 0.03:
            if note.pitch > line[-1].pitch:
                line[-1] = note
            continue
        if line and line[-1].end > note.start:
            line[-1] = Note(line[-1].pitch, line[-1].velocity, line[-1].start, note.start)
        line.append(note)
    return line


def is_monophonic(notes: Sequence[Note], overlap_seconds: float = 0.05) -> bool:
    """Says whether no note outlasts the next one's onset by more than `overlap_seconds`."""
    ordered = sorted(notes, key=lambda note: note.start)
    return all(
        before.end <= after.start + overlap_seconds
        for before, after in zip(ordered, ordered[1:], strict=False)
    )
