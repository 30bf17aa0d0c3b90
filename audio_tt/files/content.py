"""What a file is by its first bytes, whatever its name says."""

import codecs
import io
import re
from typing import BinaryIO

HEAD = 4096  # bytes that tell

# Of Ogg, RFC 3533: bytes of a page, and before its table of segments; the flag of the last page.
_LONGEST_PAGE, _PAGE_HEAD, _LAST_PAGE = 65307, 27, 4
_MIDI, _ARCHIVE, _PICTURE = "a MIDI file", "a compressed archive", "a picture"
_NO_SOUND = (
    (rb"MThd|RIFF....RMID", _MIDI),
    (rb"\x00\x05\x16[\x00\x07]", "what macOS keeps beside a file of that name (._*)"),
    (rb"(\xef\xbb\xbf)?\s*<(!DOCTYPE )?html", "a web page; the download has failed"),
    (rb"version https://git-lfs", "a pointer of Git LFS; run git lfs pull"),
    (rb"%PDF", "a PDF document"),
    (rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf|Rar!", _ARCHIVE),
    (rb"\x89PNG|GIF8|\xff\xd8\xff|BM....\x00{4}", _PICTURE),
    (rb"\x89HDF", "an HDF5 file, as weights are kept in"),
    (rb"\x93NUMPY", "an array of numpy's"),
    (rb"RIFF....sfbk", "a SoundFont"),
)
_BY_FFMPEG = (
    (rb"....ftyp", "MP4 (AAC)"),
    (rb"\xff[\xf0\xf1\xf8\xf9]|ADIF", "AAC"),
    (rb"\x1aE\xdf\xa3", "Matroska or WebM"),
    (rb"#!AMR", "AMR"),
    (rb"\x30\x26\xb2\x75", "Windows Media"),
    (rb"MAC ", "Monkey's Audio"),
    (rb"wvpk", "WavPack"),
    (rb"\x0bw", "AC-3"),
    (rb"TTA[12]", "True Audio"),
    (rb"DSD |FRM8", "DSD"),
    (rb"FLV\x01|RIFF....AVI |\x00\x00\x01\xba", "a film"),
    (rb"\.RMF|\.ra\xfd", "RealAudio"),
    (rb"MPCK|MP\+", "Musepack"),
)


def no_sound(head: bytes) -> str | None:
    """What a file is that holds no sound, in a few words; None where that cannot be told.

    Args:
      head: its first `HEAD` bytes, or all of a shorter one.
    """
    found = _first(_NO_SOUND, head)
    if found is None and not head.strip(b"\0"):
        return "zeros only; the copy or the download has failed"
    if found is None and len(head) >= 8 and _is_text(head):
        return "text"
    return found


def is_cut_ogg(file: BinaryIO) -> bool:
    """Whether an Ogg stream stops without its last page, which says that it is the last.

    Args:
      file: any file that is open for reading; its place is another afterwards.
    """
    file.seek(0)
    if file.read(4) != b"OggS":
        return False
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - _LONGEST_PAGE))
    data = file.read()
    begin = data.rfind(b"OggS")
    page = data[begin : begin + _PAGE_HEAD]
    if begin < 0 or len(page) < _PAGE_HEAD:
        return True
    n_segments = page[-1]
    sizes = data[begin + _PAGE_HEAD : begin + _PAGE_HEAD + n_segments]
    is_whole = len(data) >= begin + _PAGE_HEAD + n_segments + sum(sizes)
    return not (is_whole and page[5] & _LAST_PAGE)


def by_ffmpeg(head: bytes) -> str | None:
    """The name of the format, where it is one that ffmpeg decodes and libsndfile does not."""
    return _first(_BY_FFMPEG, head)


def _first(table, head):
    return next((name for pattern, name in table if re.match(pattern, head, re.DOTALL)), None)


def _is_text(head):
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    whole = head[:-3] if len(head) == HEAD else head
    try:
        text = whole.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return all(char.isprintable() or char.isspace() for char in text)
