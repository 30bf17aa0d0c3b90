"""Files of notes: which these are, and the tracks that they hold."""

import os
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.music import midi_repair
from audio_tt.music.notes import Note, open_midi
from audio_tt.music.tracks import Track, make_track

_NOTE_SEQ_EXTENSIONS = (".musicxml", ".mxl", ".xml", ".abc", ".tfrecord", ".tfrecords")
EXTENSIONS = (*midi_repair.EXTENSIONS, *_NOTE_SEQ_EXTENSIONS)


def is_score(path: str | os.PathLike) -> bool:
    """Says whether a file holds notes rather than sound, by its name."""
    return Path(path).suffix.lower() in EXTENSIONS


def read_tracks(path: str | os.PathLike) -> list[Track]:
    """Reads the tracks of a piece that hold notes, drums left out.

    Args:
        path: a MIDI file, read as `audio_tt.music.notes.read_midi` does; MusicXML, ABC or a
            TFRecord of NoteSequences through note-seq.

    Returns:
        The tracks, in the file's order.

    Raises:
        UserError: the file cannot be read, holds no note, or needs note-seq where there is none.
    """
    if Path(path).suffix.lower() in midi_repair.EXTENSIONS:
        tracks = [_of_midi(instrument) for instrument in open_midi(path).instruments]
    else:
        from audio_tt.music import note_sequences

        tracks = note_sequences.read(path)
    tracks = [track for track in tracks if track.notes and not track.is_drums]
    if not tracks:
        raise UserError(f"{path}: holds no notes of a pitch; choose a piece with at least one.")
    return tracks


def _of_midi(instrument) -> Track:
    controls = [(c.number, c.time, c.value) for c in instrument.control_changes]
    return make_track(
        instrument.name.strip(),
        instrument.program,
        [Note(n.pitch, n.velocity, float(n.start), float(n.end)) for n in instrument.notes],
        controls,
        [(bend.time, bend.pitch) for bend in instrument.pitch_bends],
        instrument.is_drum,
    )
