"""Text files as they come: with a byte order mark, from Windows, in an old encoding."""

import codecs
import os
from pathlib import Path

from absl import logging

from audio_tt.errors import UserError

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: str | os.PathLike) -> str:
    r"""Reads a text file.

    It is UTF-8 or UTF-16 with a byte order mark, or UTF-8; what is neither is read as Latin-1, with
    a warning.

    Args:
      path: of the file.

    Returns:
      The text without the mark, its lines ended by "\n".

    Raises:
      UserError: it cannot be read, or is no text.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    try:
        text = data.decode("utf-16" if data.startswith(_MARKS) else "utf-8-sig")
    except UnicodeDecodeError:
        if b"\0" in data:
            raise UserError(f"{path}: not a text file") from None
        logging.warning("%s is not in UTF-8; read as Latin-1.", path)
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")
