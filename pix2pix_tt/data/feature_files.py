"""Recordings -> files of spectrogram slices, in the layout of the original."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io, provenance
from audio_tt.files.atomic import replacing
from audio_tt.training.parallel import run_jobs
from pix2pix_tt.features import SliceSpectrogram

BLOCK_SLICES = 32


@dataclasses.dataclass(frozen=True)
class Job:
    """One recording, where its slices go, and how they are measured."""

    recording: Path
    folder: Path
    spectrogram: SliceSpectrogram

    @property
    def first(self) -> Path:
        """The file of the first slice, which is written last."""
        return slice_path(self.folder, self.recording.stem, 0)

    @property
    def settings(self) -> dict:
        """What decides the slices beside the content of the recording."""
        return dataclasses.asdict(self.spectrogram)

    def is_needed(self) -> bool:
        """Says whether slices are missing, older than the recording, or of other settings."""
        if provenance.must_be_made(self.first, self.settings):
            return True
        return self.first.stat().st_mtime < self.recording.stat().st_mtime


def compute_all(
    audios_path: Path,
    features_path: Path,
    spectrogram: SliceSpectrogram,
    run: Callable = run_jobs,
) -> int:
    """Writes FEATURES/INSTRUMENT/NAME_000.npy ... for every AUDIOS/INSTRUMENT/NAME.wav.

    Recordings whose slices are all there, of these settings, are passed over. `run` calls a
    function for each of a list of jobs, as `run_jobs` does.

    Returns:
        How many recordings could not be measured; each was reported.

    Raises:
        UserError: there are no recordings, or a slice cannot be written, or was changed since it
            was made with other settings.
    """
    jobs, failed = [], 0
    for (instrument, _), (recording, *others) in find_recordings(audios_path).items():
        folder = features_path / instrument
        if others:
            failed += 1 + len(others)
            names = " and ".join(map(str, [recording, *others]))
            logging.error("%s would share %s_000.npy; rename one.", names, recording.stem)
        elif (job := Job(recording, folder, spectrogram)).is_needed():
            jobs.append(job)
    provenance.warn_of_remaking((job.first, job.settings) for job in jobs)
    with progress(len(jobs), "measuring", "recording") as bar:
        for failure in run(compute, jobs):
            if failure:
                failed += 1
                logging.error("%s", failure)
            bar.update(1)
    return failed


def find_recordings(audios_path: Path) -> dict[tuple[str, str], list[Path]]:
    """Finds AUDIOS/INSTRUMENT/NAME.wav, or another format.

    Returns:
        {(instrument, name): recordings}, sorted; of one name there should be one recording.

    Raises:
        UserError: there is none.
    """
    if not audios_path.is_dir():
        raise UserError(f"{audios_path}: no such folder; check --audios_path.")
    found: dict[tuple[str, str], list[Path]] = {}
    for folder in _visible(audios_path):
        if not folder.is_dir():
            logging.warning("%s: not in a folder of an instrument; left out.", folder)
            continue
        for path in _visible(folder):
            if path.suffix.lower() in io.AUDIO_EXTENSIONS and path.is_file():
                found.setdefault((folder.name, path.stem), []).append(path)
            else:
                logging.warning("%s: not a sound file; left out.", path)
    if not found:
        raise UserError(
            f"{audios_path}: holds no recordings; they are expected as INSTRUMENT/NAME.wav."
        )
    return found


def _visible(folder):
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def slice_path(folder: Path, name: str, index: int) -> Path:
    """Returns the file of one slice."""
    return folder / f"{name}_{index:03d}.npy"


def compute(job: Job) -> str | None:
    """Writes the slices of one recording; returns why it cannot be read, if so."""
    name, first, count = job.recording.stem, None, 0
    provenance.discard(job.first)
    levels = slice_levels(job.recording, job.spectrogram)
    while True:
        try:
            level = next(levels, None)
        except UserError as error:
            _remove_from(job.folder, name, 1)
            return str(error)
        if level is None:
            break
        if first is None:
            first = level
        else:
            _write(slice_path(job.folder, name, count), level)
        count += 1
    _remove_from(job.folder, name, count)
    _write(job.first, first)
    provenance.record(job.first, job.settings)
    return None


def _remove_from(folder, name, index):
    """Removes slices that belong to no recording, or to an earlier state of it."""
    while (left := slice_path(folder, name, index)).exists():
        left.unlink()
        index += 1


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
