"""Pieces that Magenta's note-seq reads: MusicXML, ABC, and TFRecords of NoteSequences."""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from absl import logging

from audio_tt.errors import UserError
from audio_tt.music.notes import Note
from audio_tt.music.tracks import Track, make_track

_MUSIC_XML = (".musicxml", ".mxl", ".xml")
_CHECKSUM = 4  # bytes, after the length of a record and after its content


def read(path: str | os.PathLike) -> list[Track]:
    """Reads the tracks of a piece; of a file of several pieces, those of the first.

    Raises:
        UserError: the file is missing or cannot be read, or note-seq is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; check the path.")
    try:
        from note_seq import abc_parser, musicxml_reader
        from note_seq.protobuf import music_pb2
    except ImportError as error:
        raise UserError(
            f"{path}: read by note-seq, which is not installed; pip install 'timbre-tt[magenta]', "
            "or export it as MIDI."
        ) from error
    is_music_xml = path.suffix.lower() in _MUSIC_XML
    try:
        if is_music_xml:
            pieces = [musicxml_reader.musicxml_file_to_sequence_proto(str(path))]
        elif path.suffix.lower() == ".abc":
            tunes, failures = abc_parser.parse_abc_tunebook_file(str(path))
            if not tunes and failures:
                raise failures[0]
            pieces = [tunes[key] for key in sorted(tunes)]
        else:
            pieces = [music_pb2.NoteSequence.FromString(record) for record in _records(path)]
    except Exception as error:  # of note-seq, protobuf and struct, for a damaged file
        reason = str(error) or type(error).__name__
        raise UserError(f"{path}: cannot be read ({reason}); export it as MIDI.") from error
    if len(pieces) > 1:
        logging.warning("%s: holds %d pieces; the first plays", path, len(pieces))
    # Programs count from 1 in MusicXML, and note-seq takes them as they are.
    return _tracks(pieces[0], first_program=1 if is_music_xml else 0) if pieces else []


def _records(path: Path) -> Iterator[bytes]:
    """Yields the contents of a TFRecord file; its checksums are not looked at."""
    data, position = path.read_bytes(), 0
    while position < len(data):
        (size,) = struct.unpack_from("<Q", data, position)
        start = position + 8 + _CHECKSUM
        if start + size > len(data):
            raise ValueError("it ends early or is no TFRecord")
        yield data[start : start + size]
        position = start + size + _CHECKSUM


def _tracks(piece: Any, first_program: int) -> list[Track]:
    names = {info.instrument: info.name for info in piece.instrument_infos}
    parts = {info.part: info.name for info in piece.part_infos}
    groups: dict[tuple[int, int, int], list] = {}
    for note in piece.notes:
        groups.setdefault((note.instrument, note.part, note.program), []).append(note)
    tracks = []
    for (instrument, part, program), notes in sorted(groups.items()):
        tracks.append(
            make_track(
                names.get(instrument) or parts.get(part, ""),
                max(0, program - first_program),
                [Note(n.pitch, n.velocity, n.start_time, n.end_time) for n in notes],
                [
                    (c.control_number, c.time, c.control_value)
                    for c in piece.control_changes
                    if c.instrument == instrument
                ],
                [(b.time, b.bend) for b in piece.pitch_bends if b.instrument == instrument],
                any(note.is_drum for note in notes),
            )
        )
    return tracks
