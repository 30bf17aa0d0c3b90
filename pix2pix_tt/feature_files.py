"""Recordings -> files of spectrogram slices, in the layout of the original."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt import io
from audio_tt.errors import UserError
from audio_tt.files import replacing
from audio_tt.parallel import run_jobs
from audio_tt.progress import progress
from pix2pix_tt.features import SliceSpectrogram

BLOCK_SLICES = 32


@dataclasses.dataclass(frozen=True)
class Job:
    """One recording, where its slices go, and how they are measured."""

    recording: Path
    folder: Path
    spectrogram: SliceSpectrogram


def compute_all(
    audios_path: Path,
    features_path: Path,
    spectrogram: SliceSpectrogram,
    processes: int | None = None,
) -> int:
    """Writes FEATURES/INSTRUMENT/NAME_000.npy ... for every AUDIOS/INSTRUMENT/NAME.wav.

    Recordings whose slices are all there are passed over.

    Returns:
        How many recordings could not be read; each was reported.

    Raises:
        UserError: there are no recordings, two would have the same slices, or a slice cannot be
            written.
    """
    jobs = [
        Job(recording, features_path / instrument, spectrogram)
        for instrument, recording in find_recordings(audios_path)
        if not _is_done(recording, features_path / instrument)
    ]
    failed = 0
    with progress(len(jobs), "measuring", "recording") as bar:
        for failure in run_jobs(compute, jobs, processes):
            if failure:
                failed += 1
                logging.error("%s", failure)
            bar.update(1)
    return failed


def find_recordings(audios_path: Path) -> list[tuple[str, Path]]:
    """Returns (instrument, recording) of AUDIOS/INSTRUMENT/NAME.wav, sorted.

    Raises:
        UserError: there is none, or two of an instrument differ only in their extension.
    """
    if not audios_path.is_dir():
        raise UserError(f"{audios_path}: no such folder; check --audios_path.")
    found: dict[tuple[str, str], Path] = {}
    for folder in sorted(audios_path.iterdir()):
        if folder.name.startswith("."):
            continue
        if not folder.is_dir():
            logging.warning("%s: not in a folder of an instrument; left out.", folder)
            continue
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.suffix.lower() not in io.AUDIO_EXTENSIONS or not path.is_file():
                logging.warning("%s: not a sound file; left out.", path)
                continue
            other = found.setdefault((folder.name, path.stem), path)
            if other != path:
                raise UserError(
                    f"{other} and {path.name} would both become {path.stem}_000.npy; rename one."
                )
    if not found:
        raise UserError(
            f"{audios_path}: holds no recordings; they are expected as INSTRUMENT/NAME.wav."
        )
    return [(instrument, path) for (instrument, _), path in found.items()]


def slice_path(folder: Path, name: str, index: int) -> Path:
    """Returns the file of one slice."""
    return folder / f"{name}_{index:03d}.npy"


def _is_done(recording: Path, folder: Path) -> bool:
    """Says whether all slices are there: the first is written last, after the recording was."""
    first = slice_path(folder, recording.stem, 0)
    return first.exists() and first.stat().st_mtime >= recording.stat().st_mtime


def compute(job: Job) -> str | None:
    """Writes the slices of one recording; returns why it cannot be read, if so."""
    name, first, count = job.recording.stem, None, 0
    levels = slice_levels(job.recording, job.spectrogram)
    while True:
        try:
            level = next(levels, None)
        except UserError as error:
            return str(error)
        if level is None:
            break
        if first is None:
            first = level
            slice_path(job.folder, name, 0).unlink(missing_ok=True)
        else:
            _write(slice_path(job.folder, name, count), level)
        count += 1
    index = count
    while (left := slice_path(job.folder, name, index)).exists():
        left.unlink()
        index += 1
    _write(slice_path(job.folder, name, 0), first)
    return None


def slice_levels(path: Path, spectrogram: SliceSpectrogram) -> Iterator[np.ndarray]:
    """Measures a recording of any length, some at a time.

    Yields:
        float32 `[n_bins, slice_frames, 1]` in 0..1; the last is filled up with 0.

    Raises:
        UserError: the file cannot be read.
    """
    hop = spectrogram.hop_length
    frames = BLOCK_SLICES * spectrogram.slice_frames
    margin = -(-spectrogram.n_fft // (2 * hop))  # frames that see what lies beyond a block's end
    lead, audio = 0, np.zeros(0, np.float32)
    for block in io.blocks(path, spectrogram.sample_rate, frames * hop):
        audio = np.concatenate([audio, block])
        while len(audio) > (lead + frames + margin) * hop:
            part = audio[: (lead + frames + margin) * hop]
            yield from _slices(part, spectrogram, slice(lead, lead + frames))
            audio = audio[(lead + frames - margin) * hop :]
            lead = margin
    yield from _slices(audio, spectrogram, slice(lead, None))


def _slices(audio, spectrogram, frames):
    magnitude, _ = spectrogram.analyse(audio)
    slices = spectrogram.to_slices(spectrogram.to_level(magnitude[:, frames]))
    return ((slices + 1) / 2).astype(np.float32)


def _write(path, level):
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, level)
