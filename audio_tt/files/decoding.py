"""From any sound file to blocks of finite float32 samples."""

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
from absl import logging

from audio_tt.dsp import blocks
from audio_tt.errors import UserError
from audio_tt.files import caf, content, copies, riff

FFMPEG_EXTENSIONS = frozenset(
    ".m4a .aac .mp4 .m4b .m4v .mov .3gp .wma .asf .webm .weba .mkv .mka .ac3 .eac3 .amr .ape .wv "
    ".tta .mpc .dsf .dff .ra .rm .avi .flv .dts .mp2".split()
)
_NEVER_EXCEEDS = re.compile(r"PCM|LAW|ALAC|DWVW|GSM|G72")
_NOT_STATED = 2**62  # frames; libsndfile gives its largest number where a header does not say
_WRONG_LENGTH = re.compile(
    r"(?:data|SSND|BODY|riff|Riff size|Data Size)\s*:\s*\d+ \(should be \d+\)"
)

_NO_FILE = "does not exist"  # says libsndfile of a file that is open
_PADDING = 0.1  # seconds
_MALFORMED = "malformed"  # says libsndfile of a format that it knows

_NO_NUMBERS = "every sample is NaN or infinite, not a number; read as silence"
_said: set[tuple[str, str]] = set()


class Sound:
    """A sound file that is open for reading, as often as is needed.

    Attributes:
      path: its name, for messages.
      sample_rate: Hz.
      channels: how many.
      frames: by its header; None where that does not say.
      may_exceed: whether its samples can be above full scale.
      is_lossy: whether that is no wonder, as lossy codecs go a little above it.
    """

    def __init__(self, path: str | os.PathLike, file: BinaryIO, note: str | None = None):
        self._file, self._note = file, note
        with self._opened() as sound:
            self.path, self.sample_rate, self.channels = path, sound.samplerate, sound.channels
            self.frames = sound.frames if sound.frames < _NOT_STATED else None
            self.may_exceed = not _NEVER_EXCEEDS.search(sound.subtype)
            self.is_lossy = self.may_exceed and sound.subtype not in ("FLOAT", "DOUBLE")
            if note is None and content.is_cut_ogg(file):
                self._note = "it has no end: it is cut off there; reading what is there"
            if note is None and _WRONG_LENGTH.search(sound.extra_info):
                self._note = "its header is wrong about its length; reading what is there"

    def _opened(self):
        self._file.seek(0)
        with _without_chatter():
            return soundfile.SoundFile(self._file)

    def decode(self, warn: Callable[[str], None] = lambda text: None) -> Iterator[np.ndarray]:
        """Reads from the beginning to the end, or to where the file is damaged.

        Args:
          warn: called at the end with each thing to be said about the file.

        Yields:
          float32 `[frames, channels]`, at most `blocks.SIZE` frames each; samples that are not
          finite are 0.

        Raises:
          UserError: the file holds no samples that can be read.
        """
        frames = not_finite = 0
        error = None
        with self._opened() as sound:
            while error is None:
                block, error = _read(sound)
                if not len(block):
                    break
                block, count = zero_non_finite(block)
                frames += len(block)
                not_finite += count
                yield block
        missing = (self.frames or frames) - frames
        # Without a table of its own an mp3's length is estimated.
        is_cut = missing > (_PADDING * self.sample_rate if self.is_lossy and not error else 0)
        if not frames and error is not None:
            raise UserError(f"{self.path}: cannot be decoded: {error}")
        if not frames:
            raise UserError(f"{self.path}: holds no samples; choose a file with sound in it.")
        if is_cut:
            read, stated = (count / self.sample_rate for count in (frames, self.frames))
            reason = "it is damaged or cut off" if error else "its header is wrong about its length"
            warn(f"{reason}: {read:.2f} of {stated:.2f} s can be read; reading what is there")
        elif self._note:
            warn(self._note)
        if not_finite == frames * self.channels:
            warn(_NO_NUMBERS)
        elif not_finite:
            warn(f"{not_finite} samples are not finite numbers (NaN or infinite); read as 0")


@contextlib.contextmanager
def _without_chatter():
    """Keeps libsndfile's mp3 decoder from writing to standard error; what counts is said here."""
    with contextlib.ExitStack() as stack:
        try:
            original = os.dup(2)
            stack.callback(os.close, original)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            stack.callback(os.close, nowhere)
            os.dup2(nowhere, 2)
            stack.callback(os.dup2, original, 2)
        except OSError:  # there is no standard error
            pass
        yield


def _read(sound):
    """(The next block, what is wrong with the file there or None)."""
    buffer = np.full((blocks.SIZE, sound.channels), np.nan, np.float32)
    try:
        with _without_chatter():
            return sound.read(out=buffer), None
    except soundfile.LibsndfileError as error:
        # What was decoded stands in the buffer, only its length is not told.
        filled = np.flatnonzero(~np.isnan(buffer).all(axis=1))
        return buffer[: filled[-1] + 1 if len(filled) else 0], error.error_string


@contextlib.contextmanager
def open_sound(path: str | os.PathLike) -> Iterator[Sound]:
    """Opens a sound file; what it is shows its content, never its name.

    Args:
      path: of any file that libsndfile reads, or, with ffmpeg on PATH, that ffmpeg reads; `-` for
        standard input. A pipe is copied first.

    Yields:
      The open file.

    Raises:
      UserError: there is no such file, or it is not sound.
    """
    with contextlib.ExitStack() as stack:
        local = _checked(path)
        file = stack.enter_context(_unnamed(local))
        head = file.read(content.HEAD)
        if not head:
            raise UserError(f"{path}: is empty (0 bytes); choose a file with sound in it.")
        try:
            yield _sound(path, local, file, head, stack)
        except soundfile.LibsndfileError as error:
            raise UserError(f"{path}: cannot be read: {error.error_string}") from error


def was_read_as_silence(path: str | os.PathLike) -> bool:
    """Whether it has been said of a file that it holds no number, so that it is silent."""
    return (os.fspath(path), _NO_NUMBERS) in _said


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


def said_of(path: str | os.PathLike) -> Callable[[str], None]:
    """A function that logs warnings about a file, each once however often the file is read."""

    def warn(text):
        if (os.fspath(path), text) not in _said:
            _said.add((os.fspath(path), text))
            logging.warning("%s: %s.", path, text)

    return warn


def _checked(path):
    if os.path.isdir(path):
        raise UserError(f"{path}: is a folder; name a sound file.")
    try:
        local = copies.local(path)
        with open(local, "rb"):
            return local
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"{path}: cannot be read: {reason}.") from error


def _unnamed(path):
    """Opens a file such that libsndfile sees its bytes alone: no extension, nothing beside it."""
    return open(os.open(path, os.O_RDONLY), "rb")


def _sound(path, local, file, head, stack):
    """The file as it is, with its header mended, or through ffmpeg: the first that goes."""
    kind = content.no_sound(head)
    if kind is not None:
        raise _not_sound(path, f"it is {kind}")
    sound, reason = _tried(path, riff.after_tag(file) or file)
    if sound is not None and sound.frames != 0:
        return sound
    mended = riff.mended(file) or caf.mended(file)
    if mended is not None:
        note = "its header is wrong about its length or its parts; reading what is there"
        better, _ = _tried(path, mended, note)
        if better is not None:
            return better
    if sound is not None:
        return sound
    foreign = content.by_ffmpeg(head)
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        if foreign is None and Path(path).suffix.lower() not in FFMPEG_EXTENSIONS:
            raise _not_sound(path, reason)
        raise UserError(
            f"{path}: this format{f', {foreign},' if foreign else ''} is decoded with ffmpeg, "
            "which is not on PATH; install ffmpeg, or convert the file to wav, flac, ogg or mp3."
        )
    converted, said = copies.decoded(local, ffmpeg)
    if converted is None and foreign:
        raise UserError(f"{path}: is {foreign} by its content, and damaged: ffmpeg says: {said}.")
    if converted is None:
        raise _not_sound(path, reason)
    if not said and _MALFORMED in reason:
        said = "its header or its end"
    note = f"it is damaged ({said}); reading what is there" if said else None
    return Sound(path, stack.enter_context(_unnamed(converted)), note)


def _tried(path, file, note=None):
    """(The sound, or None; why it cannot be read)."""
    try:
        return Sound(path, file, note), None
    except soundfile.LibsndfileError as error:
        reason = error.error_string.rstrip(".")
        return None, "its format is not known" if _NO_FILE in reason else reason


def _not_sound(path, reason):
    return UserError(
        f"{path}: is not a sound file that can be read ({reason}); use wav, flac, ogg, opus, mp3, "
        "aiff or au."
    )
