"""Wav files whose header is not what it should be."""

import io
import re
import struct
from typing import Any, BinaryIO

_SEARCHED = 1 << 20  # bytes at the beginning, for the chunks that count
_ID3 = re.compile(rb"ID3..(.)(.{4})", re.DOTALL)


def after_tag(file: BinaryIO) -> BinaryIO | None:
    """The wav that follows an ID3 tag, which libsndfile would cut by the length of the tag."""
    file.seek(0)
    tag = _ID3.match(file.read(10))
    if tag is None:
        return None
    begin = 10 + sum(byte << 7 * place for place, byte in enumerate(reversed(tag[2])))
    file.seek(begin)
    return Spliced(b"", file, begin) if file.read(4) == b"RIFF" else None


def mended(file: BinaryIO) -> BinaryIO | None:
    """A wav with a plain header before its samples, which go to the end where no length is given.

    For one whose writer was stopped before it filled in the lengths, and one with chunks of odd
    length that are not filled up.

    Returns:
      A file to read from; None where there are no samples, or it is not a wav.
    """
    file.seek(0)
    head = file.read(_SEARCHED)
    described = head.find(b"fmt ", 12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE" or described < 0:
        return None
    size = int.from_bytes(head[described + 4 : described + 8], "little")
    begin = head.find(b"data", described + 8 + size) + 8
    if begin < 8 or not 16 <= size <= 64 or len(head) < begin:
        return None
    file.seek(0, io.SEEK_END)
    length, there = int.from_bytes(head[begin - 4 : begin], "little"), file.tell() - begin
    length = length if 0 < length <= there else there
    if length == 0:
        return None
    form = head[described : described + 8 + size] + b"\0" * (size % 2)
    stated = [min(count, 2**32 - 1) for count in (length + len(form) + 12, length)]
    header = struct.pack("<4sI4s", b"RIFF", stated[0], b"WAVE") + form
    header += struct.pack("<4sI", b"data", stated[1])
    return Spliced(header, file, begin, length)


class Spliced(io.RawIOBase):
    """A header, and a part of a file after it, as one file to read from."""

    def __init__(self, header: bytes, file: BinaryIO, begin: int, length: int | None = None):
        self._header, self._file, self._begin = header, file, begin
        if length is None:
            length = file.seek(0, io.SEEK_END) - begin
        self._size, self._at = len(header) + length, 0

    def readable(self) -> bool:
        """Whether it can be read: it can."""
        return True

    def seekable(self) -> bool:
        """Whether places in it can be gone to: they can."""
        return True

    def tell(self) -> int:
        """Returns the place, in bytes."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Goes to a place, as every file does; returns it."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, start + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fills a buffer from the place on; returns the number of bytes."""
        count = max(0, min(len(buffer), self._size - self._at))
        data = self._header[self._at : self._at + count]
        if len(data) < count:
            self._file.seek(self._begin + max(0, self._at - len(self._header)))
            data += self._file.read(count - len(data))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
