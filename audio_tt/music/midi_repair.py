"""MIDI files that are not as the standard has them, as far as they can be read."""

import io
import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from absl import logging

if TYPE_CHECKING:
    import mido

EXTENSIONS = (".mid", ".midi", ".rmi")
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_SYSTEM_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1}
_META, _SYSEX, _TEMPO, _END = 0xFF, (0xF0, 0xF7), 0x51, 0x2F


def read(path: str | os.PathLike) -> "mido.MidiFile":
    """Reads a MIDI file; of one that mido refuses, what `repaired` keeps, with a warning.

    Raises:
        Exception: what mido raises for a file that cannot be repaired either.
    """
    import mido

    data = Path(path).read_bytes()
    if not data:
        raise ValueError("it is empty")
    try:
        midi = mido.MidiFile(file=io.BytesIO(data))
        _check(midi)
        return midi
    except Exception as error:  # mido raises many kinds for a damaged file
        try:
            midi = mido.MidiFile(file=io.BytesIO(repaired(data)))
        except Exception:
            raise error from None
        reason = str(error) or "it ends early"
        logging.warning("%s: not as a MIDI file should be (%s); read what is there", path, reason)
        return midi


def _check(midi):
    """Raises ValueError for what mido takes and nothing can be made of."""
    if not midi.tracks:
        raise ValueError("it holds no track")
    if midi.ticks_per_beat < 1:
        raise ValueError("its times are in frames of film")
    tempos = (message for track in midi.tracks for message in track if message.type == "set_tempo")
    if not all(message.tempo for message in tempos):
        raise ValueError("a tempo is 0")


def repaired(data: bytes) -> bytes:
    """Writes a MIDI file anew with what notes need: channel messages and tempo.

    Whatever comes before its header is passed over, and so are chunks that are no tracks; how many
    tracks the header promises is of no consequence. Times in frames of film become beats of half a
    second. A value above 127 becomes 127. A track that
    breaks off ends where its last whole message does, and its notes too.

    Args:
        data: the file.

    Raises:
        ValueError: there is no header, or no track after it.
    """
    start = data.find(b"MThd")
    if start < 0 or len(data) < start + 14:
        raise ValueError("no MThd header")
    size, kind, _, division = struct.unpack(">IHHH", data[start + 4 : start + 14])
    is_film = division >= 0x8000  # frames a second and ticks a frame, whatever the tempo
    if is_film:
        division = max((256 - (division >> 8)) * (division & 0xFF) // 2, 1)
    tracks = [_track(track, not is_film) for track in _tracks(data, start + 8 + size)]
    if not tracks:
        raise ValueError("no track")
    header = struct.pack(">4sIHHH", b"MThd", 6, kind, len(tracks), division)
    return header + b"".join(struct.pack(">4sI", b"MTrk", len(t)) + t for t in tracks)


def _tracks(data, position):
    """Yields the content of each track chunk; a wrong size ends where the next track begins."""
    while position + 8 <= len(data):
        name, size = struct.unpack(">4sI", data[position : position + 8])
        begin, end = position + 8, position + 8 + size
        if end < len(data) and not data[end : end + 4].isalnum():
            following = data.find(b"MTrk", begin)
            end = following if following >= 0 else len(data)
        if name == b"MTrk":
            yield data[begin:end]
        position = end


def _track(data, with_tempo):
    """Content of a track, written anew."""
    written, last, open_notes = b"", 0, {}
    reader = _Messages(data)
    for tick, message in reader:
        if message[0] == _META and not with_tempo:
            continue
        written += _length(tick - last) + message
        last = tick
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind in (0x80, 0x90):
            open_notes[channel, message[1]] = kind == 0x90 and message[2] > 0
    if not reader.is_whole:
        for (channel, pitch), is_open in open_notes.items():
            if is_open:
                written += _length(reader.tick - last) + bytes([0x80 | channel, pitch, 0])
                last = reader.tick
    return written + b"\0\xff\x2f\0"


class _Messages:
    """Iterates over (tick, bytes) of the messages that are kept.

    Attributes:
        tick: of the last time that was read.
        is_whole: whether the track came to its end, once the iteration is over.
    """

    def __init__(self, data):
        self._data, self._position = data, 0
        self.tick, self.is_whole = 0, False

    def __iter__(self):
        status = None
        while self._position < len(self._data):
            try:
                delta = self._number()
                if self._data[self._position] & 0x80:
                    status = self._take(1)[0]
                elif status is None:
                    return
                message = self._message(status)
            except (IndexError, EOFError):
                return
            self.tick += delta
            if status == _META and message is None:
                self.is_whole = True
                return
            if message:
                yield self.tick, message
            if status >= 0xF0:
                status = None
        self.is_whole = True

    def _message(self, status):
        """The message; empty where notes do not need it, None at the track's end."""
        if status == _META:
            kind = self._take(1)[0]
            content = self._take(self._number())
            if kind == _END:
                return None
            is_tempo = kind == _TEMPO and len(content) == 3 and any(content)
            return bytes([_META, _TEMPO, 3]) + content if is_tempo else b""
        if status in _SYSEX:
            self._take(self._number())
            return b""
        if status >= 0xF0:
            self._take(_SYSTEM_BYTES.get(status, 0))
            return b""
        values = self._take(_DATA_BYTES[status & 0xF0])
        return bytes([status, *(min(value, 127) for value in values)])

    def _take(self, n_bytes):
        taken = self._data[self._position : self._position + n_bytes]
        if len(taken) < n_bytes:
            raise EOFError
        self._position += n_bytes
        return taken

    def _number(self):
        number = 0
        while True:
            byte = self._take(1)[0]
            number = number << 7 | byte & 0x7F
            if byte < 0x80:
                return number


def _length(number):
    """A number as MIDI files write times: 7 bits a byte, the eighth in all but the last."""
    encoded = bytes([number & 0x7F])
    while number := number >> 7:
        encoded = bytes([number & 0x7F | 0x80]) + encoded
    return encoded
