"""Sound files in and out: any format, rate and channel count, whole or in blocks."""

import dataclasses
import glob
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import decoding, encoding
from audio_tt.files.atomic import replacing

AUDIO_EXTENSIONS = frozenset(
    ".wav .wave .w64 .rf64 .flac .ogg .oga .opus .mp3 .aif .aiff .aifc .au .snd .caf".split()
    + [".m4a", ".aac", ".wma"]
)
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
        return AudioInfo(sound.frames / sound.samplerate, sound.samplerate, sound.channels)


def read(
    path: str | os.PathLike, sample_rate: int | None = None, mono: bool = True
) -> tuple[np.ndarray, int]:
    """Reads a whole sound file.

    Args:
        path: wav, flac, ogg, opus, mp3, aiff, au, ...; what libsndfile does not know goes through
            ffmpeg where that is installed.
        sample_rate: Hz to resample to (soxr, HQ); the file's own by default. n samples become
            ceil(n * ratio).
        mono: whether to take the mean of the channels.

    Returns:
        float32 [samples], or [samples, channels] without `mono`, and its sample rate in Hz. Samples
        that are not finite are read as 0, with a warning.

    Raises:
        UserError: no such file, not sound, damaged, or without a single sample.
    """
    with decoding.open_sound(path) as sound:
        sample_rate = sound.samplerate if sample_rate is None else _checked_rate(sample_rate)
        return np.concatenate(list(_stream(sound, path, sample_rate, mono))), sample_rate


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
        waiting, count = [], 0
        for block in _stream(sound, path, _checked_rate(sample_rate), mono):
            waiting.append(block)
            count += len(block)
            if count < block_size:
                continue
            joined = np.concatenate(waiting)
            whole = count - count % block_size
            yield from joined[:whole].reshape(-1, block_size, *joined.shape[1:])
            waiting, count = [joined[whole:].copy()], count - whole
        if count:
            yield np.concatenate(waiting)


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
                parts = (
                    encoding.spooled(parts, spool) if isinstance(audio, Iterator) else list(parts)
                )
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


def find_audio(paths: str | os.PathLike | Iterable[str | os.PathLike]) -> list[Path]:
    """Lists sound files.

    Args:
        paths: one or several of: a file (taken whatever its extension), a folder (searched with
            all below it for sound files, hidden ones left out), a glob such as `in/**/*.wav`.

    Returns:
        The files, each once, in the order of `paths` and sorted within a folder or glob.

    Raises:
        UserError: a path does not exist, or there is no sound file anywhere.
    """
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    found = [file for path in paths for file in _expand(os.path.expanduser(path))]
    if not found:
        raise UserError(f"{', '.join(map(str, paths)) or 'no path given'}: no sound file found.")
    return list(dict.fromkeys(found))


def _expand(path):
    if os.path.isdir(path):
        return sorted(
            Path(folder, name)
            for folder, folders, names in os.walk(path)
            for name in names
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_EXTENSIONS
        )
    if os.path.exists(path):
        return [Path(path)]
    matches = sorted(glob.glob(path, recursive=True))
    if not matches:
        raise UserError(f"{path}: no such file or folder.")
    files = [Path(match) for match in matches if os.path.isfile(match)]
    return [file for file in files if file.suffix.lower() in AUDIO_EXTENSIONS]


def _checked_rate(sample_rate):
    if sample_rate < 1 or sample_rate != int(sample_rate):
        raise UserError(f"sample rate {sample_rate}: must be a positive whole number of Hz.")
    return int(sample_rate)


def _stream(sound, path, sample_rate, mono):
    """Yields float32 [samples] or [samples, channels] at `sample_rate`, ceil(n * ratio) in all."""
    parts = decoding.decode(sound, path)
    if mono:
        parts = (part.mean(axis=1) if sound.channels > 1 else part[:, 0] for part in parts)
    if sample_rate == sound.samplerate:
        yield from parts
        return
    channels = 1 if mono else sound.channels
    resampler = soxr.ResampleStream(sound.samplerate, sample_rate, channels, dtype="float32")
    taken = given = 0
    for part in parts:
        taken += len(part)
        resampled = resampler.resample_chunk(part)
        given += len(resampled)
        yield resampled
    # soxr rounds the length to nearest: a few zeros more make sure of the last sample.
    tail = np.zeros((sound.samplerate // sample_rate + 2, *part.shape[1:]), np.float32)
    wanted = -(-taken * sample_rate // sound.samplerate)
    yield resampler.resample_chunk(tail, last=True)[: wanted - given]


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
    are_there = source is not None and Path(path).exists() and Path(source).exists()
    if are_there and os.path.samefile(path, source):
        raise UserError(f"{path}: is the recording that is read; name another output.")
    place = Path(path).absolute()
    while not place.exists():
        place = place.parent
    if (place.is_dir() and place == Path(path).absolute()) or not os.access(place, os.W_OK):
        raise UserError(f"{path}: cannot be written: {place} does not allow it.")
    if place.is_file() and place != Path(path).absolute():
        raise UserError(f"{path}: cannot be written: {place} is a file, not a folder.")
