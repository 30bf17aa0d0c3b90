"""Core Audio files that end before their samples do."""

import io
from typing import BinaryIO

from audio_tt.files.riff import Spliced

_SEARCHED = 1 << 20  # bytes at the beginning, for the chunk of the samples


def mended(file: BinaryIO) -> BinaryIO | None:
    """A file whose header says how many samples there are, where it said more.

    Returns:
      A file to read from; None where there is nothing to mend, or it is no such file.
    """
    file.seek(0)
    head = file.read(_SEARCHED)
    place = 8 if head[:4] == b"caff" else len(head)
    while place + 12 <= len(head):
        kind, size = head[place : place + 4], head[place + 4 : place + 12]
        begin = place + 12
        if kind == b"data":
            there = file.seek(0, io.SEEK_END) - begin
            if int.from_bytes(size, "big") <= there:
                return None
            header = head[: place + 4] + there.to_bytes(8, "big")
            return Spliced(header, file, begin, there)
        place = begin + int.from_bytes(size, "big")
    return None
