"""Sound files in and out: any format, rate and channel count, whole or in blocks."""

import dataclasses
import errno
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
from absl import logging

from audio_tt.dsp.blocks import Spooled, of_size, resampled
from audio_tt.errors import UserError
from audio_tt.files import decoding, encoding, levels
from audio_tt.files.atomic import replacing
from audio_tt.files.finding import AUDIO_EXTENSIONS, find_audio

__all__ = [
    "AUDIO_EXTENSIONS",
    "AudioInfo",
    "blocks",
    "check_writable",
    "find_audio",
    "info",
    "read",
    "write",
]

_SUBTYPES = {
    "wav": ("PCM_16", "PCM_24", "PCM_32", "FLOAT"),
    "flac": ("PCM_16", "PCM_24"),
    "ogg": ("VORBIS",),
}


@dataclasses.dataclass(frozen=True)
class AudioInfo:
    """What a file's header says.

    Attributes:
        duration: seconds.
        sample_rate: Hz.
        channels: number of channels.
    """

    duration: float
    sample_rate: int
    channels: int


def info(path: str | os.PathLike) -> AudioInfo:
    """Reads the header of a sound file.

    Args:
        path: any file that `read` accepts.

    Returns:
        Duration, sample rate and channels.

    Raises:
        UserError: there is no such file, or it is not sound.
    """
    with decoding.open_sound(path) as sound:
        frames = sound.frames
        if frames is None:
            frames = sum(len(block) for block in sound.decode())
        return AudioInfo(frames / sound.sample_rate, sound.sample_rate, sound.channels)


def read(
    path: str | os.PathLike, sample_rate: int | None = None, mono: bool = True
) -> tuple[np.ndarray, int]:
    """Reads a whole sound file.

    Args:
        path: wav, flac, ogg, opus, mp3, aiff, au, ...; what libsndfile does not know goes through
            ffmpeg where that is installed; `-` is standard input.
        sample_rate: Hz to resample to (soxr, HQ); the file's own by default. n samples become
            ceil(n * ratio).
        mono: whether to take the mean of the channels, or the loudest where they cancel each other.

    Returns:
        float32 [samples], or [samples, channels] without `mono`, and its sample rate in Hz. With a
        warning, samples that are not finite are read as 0, a file with peaks above full scale is
        turned down as a whole, and of a damaged one what comes before the damage is read.

    Raises:
        UserError: no such file, not sound, or without a single sample.
    """
    with decoding.open_sound(path) as sound:
        sample_rate = sound.sample_rate if sample_rate is None else _checked_rate(sample_rate)
        warn = decoding.said_of(path)
        held = list(sound.decode(warn))
        treatment = levels.decide(sound, mono, lambda: held, warn)
        parts = resampled(treatment.apply(held, mono), sound.sample_rate, sample_rate)
        return np.concatenate(list(parts)), sample_rate


def blocks(
    path: str | os.PathLike, sample_rate: int, block_size: int, mono: bool = True
) -> Iterator[np.ndarray]:
    """Reads a sound file of any length in bounded memory.

    The concatenated blocks equal what `read` gives.

    Args:
        path: any file that `read` accepts.
        sample_rate: Hz to resample to.
        block_size: samples in every block but the last.
        mono: as for `read`.

    Yields:
        float32 [samples], or [samples, channels] without `mono`, with 1 to `block_size` samples.

    Raises:
        UserError: as `read` does, when the first block is asked for.
    """
    with decoding.open_sound(path) as sound:
        sample_rate, warn = _checked_rate(sample_rate), decoding.said_of(path)
        treatment = levels.decide(sound, mono, sound.decode, warn)
        parts = treatment.apply(sound.decode(warn), mono)
        yield from of_size(resampled(parts, sound.sample_rate, sample_rate), block_size)


def write(
    path: str | os.PathLike,
    audio: np.ndarray | Iterator[np.ndarray],
    sample_rate: int,
    subtype: str | None = None,
) -> None:
    """Writes a sound file, whole or not at all.

    Nothing is clipped: where an integer or ogg file would be too loud (peak above 1), all of it is
    turned down to a peak of 0.999, with a warning. Samples that are not finite are written as 0,
    with a warning.

    Args:
        path: ends in .wav, .flac or .ogg; a missing folder is made.
        audio: [samples] or [samples, channels], full scale 1, or an iterator of such blocks.
        sample_rate: Hz.
        subtype: PCM_16 (wav and flac, default), PCM_24, PCM_32 (wav), FLOAT (wav), VORBIS (ogg).

    Raises:
        UserError: the extension or subtype is not known, there is nothing to write, or the place
            cannot be written to.
    """
    kind, subtype = _format_of(path, subtype)
    tally = encoding.Tally()
    parts = tally.watch(audio if isinstance(audio, Iterator) else [np.asarray(audio)])
    with replacing(path) as temporary, tempfile.TemporaryFile(dir=temporary.parent) as spool:
        try:
            if subtype != "FLOAT":
                parts = Spooled(parts, spool) if isinstance(audio, Iterator) else list(parts)
                parts = encoding.turned_down(parts, tally.peak, path)
            encoding.encode(temporary, parts, int(sample_rate), kind, subtype)
        except soundfile.LibsndfileError as error:
            raise UserError(f"{path}: cannot be written: {error.error_string}") from error
        if not tally.channels:
            raise UserError(f"{path}: not written, as there are no samples to write.")
    if tally.not_finite:
        logging.warning(
            "%s: %d samples were not finite numbers; written as 0.", path, tally.not_finite
        )


def _checked_rate(sample_rate):
    if sample_rate < 1 or sample_rate != int(sample_rate):
        raise UserError(f"sample rate {sample_rate}: must be a positive whole number of Hz.")
    return int(sample_rate)


def _format_of(path, subtype):
    kind = Path(path).suffix.lower().lstrip(".")
    if kind not in _SUBTYPES:
        raise UserError(f"{path}: sound is written as .wav, .flac or .ogg; change the extension.")
    subtype = subtype or _SUBTYPES[kind][0]
    if subtype not in _SUBTYPES[kind]:
        names = ", ".join(_SUBTYPES[kind])
        raise UserError(f"{path}: a {kind} file is written as {names}, not as {subtype}.")
    return kind, subtype


def check_writable(path: str | os.PathLike, source: str | os.PathLike | None = None) -> None:
    """Finds out before long work whether its result can be written.

    Args:
        path: as for `write`.
        source: what it is made from, which is not to be replaced.

    Raises:
        UserError: the extension is not known, the place cannot be written to, or it is the source.
    """
    _format_of(path, None)
    check_place(path, source)


def check_place(path: str | os.PathLike, source: str | os.PathLike | None = None) -> None:
    """`check_writable` of a file of any kind.

    Raises:
        UserError: the place cannot be written to, or it is the source.
    """
    target = Path(path).absolute()
    place = _existing(target)
    _check_names(target.parts[len(place.parts) :], place, path)
    if source is not None and place == target and os.path.exists(source):
        if os.path.samefile(target, source):
            raise UserError(f"{path}: is the recording that is read; name another output.")
    if (place.is_dir() and place == target) or not os.access(place, os.W_OK):
        raise UserError(f"{path}: cannot be written: {place} does not allow it.")
    if place.is_file() and place != target:
        raise UserError(f"{path}: cannot be written: {place} is a file, not a folder.")


def _existing(place):
    """The place, or the first of the folders above it that is there."""
    while True:
        try:
            if place.exists():
                return place
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
        place = place.parent


def _check_names(names, folder, path):
    most = os.pathconf(folder, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    for name in names:
        size = len(os.fsencode(name))
        if size > most:
            raise UserError(
                f"{path}: cannot be written: a name of {size} bytes is too long, {most} go."
            )
