"""From any sound file to blocks of finite float32 samples."""

import contextlib
import mmap
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from absl import logging

from audio_tt.errors import UserError

BLOCK_FRAMES = 65536
FFMPEG_EXTENSIONS = {".m4a", ".aac", ".mp4", ".m4b", ".wma", ".webm", ".ac3", ".amr", ".ape"}
_UNRECOGNISED_FORMAT = 1
_WRONG_LENGTH = re.compile(r"(?:data|SSND|Data Size)\s*:\s*\d+ \(should be \d+\)")


@contextlib.contextmanager
def open_sound(path: str | os.PathLike) -> Iterator[soundfile.SoundFile]:
    """Opens a sound file for reading; ffmpeg, where there is one, helps with foreign formats.

    Args:
        path: any file that libsndfile reads, or, with ffmpeg on PATH, that ffmpeg reads.

    Yields:
        The open file.

    Raises:
        UserError: there is no such file, or it is not sound.
    """
    _check_readable(path)
    with contextlib.ExitStack() as stack:
        try:
            sound = soundfile.SoundFile(os.fspath(path))
        except (soundfile.LibsndfileError, TypeError, ValueError) as error:
            if getattr(error, "code", _UNRECOGNISED_FORMAT) != _UNRECOGNISED_FORMAT:
                raise _damaged(path) from error
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            sound = soundfile.SoundFile(_convert(path, Path(folder)))
        if sound.frames == 0:
            sound = _reopen_unfinished_wav(path, stack) or sound
        elif _WRONG_LENGTH.search(sound.extra_info):
            _warn_of_length(path)
        yield stack.enter_context(sound)


def decode(sound: soundfile.SoundFile, path: str | os.PathLike) -> Iterator[np.ndarray]:
    """Reads an open sound file to its end.

    NaN and infinite samples become 0; one warning names the file and their number.

    Args:
        sound: what `open_sound` gave.
        path: its name, for messages.

    Yields:
        float32 [frames, channels], at most `BLOCK_FRAMES` frames each.

    Raises:
        UserError: the file holds no samples, or is damaged.
    """
    frames = not_finite = 0
    while True:
        try:
            block = sound.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise _damaged(path) from error
        if not len(block):
            break
        block, count = zero_non_finite(block)
        frames += len(block)
        not_finite += count
        yield block
    if not frames:
        raise UserError(f"{path}: holds no samples; choose a file with sound in it.")
    if frames < sound.frames:
        _warn_of_length(path)
    if not_finite:
        logging.warning("%s: %d samples are not finite numbers; read as 0.", path, not_finite)


def zero_non_finite(block: np.ndarray) -> tuple[np.ndarray, int]:
    """Sets NaN and infinite samples to 0.

    Args:
        block: samples of any shape; not changed.

    Returns:
        The samples (the same array where all are finite) and how many were not finite.
    """
    finite = np.isfinite(block)
    if finite.all():
        return block, 0
    return np.where(finite, block, np.float32(0)), int(finite.size - np.count_nonzero(finite))


def _check_readable(path):
    if os.path.isdir(path):
        raise UserError(f"{path}: is a folder; name a sound file.")
    try:
        with open(path, "rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}.") from error
    if is_empty:
        raise UserError(f"{path}: is empty (0 bytes); choose a file with sound in it.")


def _convert(path, folder):
    """Decodes with ffmpeg to a float wav in `folder`; returns its path."""
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        if Path(path).suffix.lower() in FFMPEG_EXTENSIONS:
            raise UserError(
                f"{path}: this format is decoded with ffmpeg, which is not on PATH; "
                "install ffmpeg, or convert the file to wav, flac, ogg or mp3."
            )
        raise _not_sound(path)
    converted = folder / "converted.wav"
    source = ["-i", f"file:{os.path.abspath(path)}"]
    target = ["-vn", "-c:a", "pcm_f32le", "-rf64", "auto", str(converted)]
    command = [ffmpeg, "-nostdin", "-v", "error", *source, *target]
    if subprocess.run(command, capture_output=True).returncode or not converted.exists():
        raise _not_sound(path)
    return converted


def _reopen_unfinished_wav(path, stack):
    """Opens a wav whose writer was killed before it filled in the length; None if it is not one."""
    file = stack.enter_context(open(path, "rb"))
    content = stack.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))
    data = content.find(b"data\0\0\0\0", 12, 4096)
    if content[:4] != b"RIFF" or data < 0 or len(content) == data + 8:
        return None
    content[4:8] = min(len(content) - 8, 2**32 - 1).to_bytes(4, "little")
    content[data + 4 : data + 8] = min(len(content) - data - 8, 2**32 - 1).to_bytes(4, "little")
    _warn_of_length(path)
    return soundfile.SoundFile(content)


def _warn_of_length(path):
    logging.warning("%s: its header is wrong about its length; reading what is there.", path)


def _not_sound(path):
    return UserError(
        f"{path}: is not a sound file that can be read; use wav, flac, ogg, opus, mp3, aiff or au."
    )


def _damaged(path):
    return UserError(f"{path}: is damaged or cut off; export or download it again.")
