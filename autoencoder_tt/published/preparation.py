"""Recordings -> preprocessed clips."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.pitch.polyphony import Opening
from audio_tt.training.parallel import run_jobs
from autoencoder_tt.published import clips
from autoencoder_tt.published.features import ClipSpectrogram, Height, Range

_CLIPS_BETWEEN_SAVES = 50


@dataclasses.dataclass(frozen=True)
class Job:
    """One recording, where its clips go, and how they are measured.

    Attributes:
      recording: the sound file.
      folder: of the clips.
      spectrogram: `ClipSpectrogram`.
      whole: whether all of the recording is taken, clip after clip, or its beginning alone.
      pitch: keyword arguments of `ClipSpectrogram.pitch`.
    """

    recording: Path
    folder: Path
    spectrogram: ClipSpectrogram
    whole: bool
    pitch: dict


def preprocess(
    inputs: Sequence[str],
    folder: str | Path,
    spectrogram: ClipSpectrogram,
    whole: bool = False,
    pitch: dict[str, Any] | None = None,
    processes: int | None = None,
) -> int:
    """Writes the clips of all recordings; those that are done already are kept.

    Args:
      inputs: files, folders or globs.
      folder: for the clips, see `autoencoder_tt.published.clips`.
      spectrogram: `ClipSpectrogram`.
      whole: see `Job`. The clips of NAME.wav are then NAME_000.wav, NAME_001.wav and so on.
      pitch: keyword arguments of `ClipSpectrogram.pitch`.
      processes: how many at once; one for each core by default.

    Returns:
      How many recordings failed; each was reported.

    Raises:
      UserError: there is no recording, or the folder holds clips of other settings.
    """
    folder, pitch = Path(folder), pitch or {"method": "pyin"}
    recordings = {}
    for path in io.find_audio(inputs):
        recordings.setdefault(path.name, []).append(path)
    _check_settings(folder, {**dataclasses.asdict(spectrogram), **pitch, "whole": whole})
    ranges = clips.read_ranges(folder) if (folder / clips.RANGES_FILE).exists() else {}
    jobs, failed = [], 0
    for paths in recordings.values():
        if len(paths) > 1:
            failed += len(paths)
            logging.error("%s would share a name; rename one", " and ".join(map(str, paths)))
        elif not _is_done(job := Job(paths[0], folder, spectrogram, whole, pitch), ranges):
            jobs.append(job)
    saved = len(ranges)
    with progress(len(jobs), "Preprocessing", "recording") as bar:
        try:
            for found, failure in run_jobs(run, jobs, processes):
                ranges |= found
                if failure:
                    failed += 1
                    logging.error("%s", failure)
                if len(ranges) - saved >= _CLIPS_BETWEEN_SAVES:
                    clips.write_ranges(folder, ranges)
                    saved = len(ranges)
                bar.update(1)
        finally:
            clips.write_ranges(folder, ranges)
    logging.info("%s: %d clips", folder, len(ranges))
    return failed


def run(job: Job) -> tuple[dict[str, Range], str | None]:
    """Writes the clips of one recording.

    Returns:
      ({name of the clip: its `Range`}, why it failed or None).
    """
    found, silent = {}, 0
    blocks = io.blocks(job.recording, job.spectrogram.sample_rate, job.spectrogram.n_samples)
    opening, height = Opening(job.spectrogram.sample_rate), Height(job.spectrogram)
    try:
        for index, audio in enumerate(blocks):
            if index and not job.whole:
                break
            if index and len(audio) < job.spectrogram.n_samples // 2:
                break  # an end that would be mostly filled up
            name = _name(job, index)
            opening.push(audio)
            f0_hz = job.spectrogram.pitch(audio, **job.pitch)
            height.add(audio, f0_hz)
            silent += not f0_hz.any()
            picture = job.spectrogram.analyse(audio)
            line = job.spectrogram.draw_pitch(picture, f0_hz)
            found[name] = Range.of(picture)
            clips.write(_path(job, clips.TARGETS, name), found[name].scale(picture))
            clips.write(_path(job, clips.INPUTS, name), Range.of(line).scale(line))
    except UserError as error:
        return found, str(error)
    opening.warn_if_polyphonic(str(job.recording))
    height.warn(str(job.recording))
    if silent:
        logging.warning("%s: %d of %d clips have no pitch", job.recording, silent, len(found))
    return found, None


def _name(job, index):
    recording = job.recording
    return f"{recording.stem}_{index:03d}{recording.suffix}" if job.whole else recording.name


def _path(job, part, name):
    return job.folder / part / f"{name}.npy"


def _is_done(job, ranges):
    """Says whether a recording's clips are there, and are no older than it."""
    name, time = _name(job, 0), job.recording.stat().st_mtime
    paths = [_path(job, part, name) for part in (clips.INPUTS, clips.TARGETS)]
    return name in ranges and all(p.exists() and p.stat().st_mtime >= time for p in paths)


def _check_settings(folder, settings):
    """Keeps clips of different settings out of one folder."""
    path = folder / clips.SETTINGS_FILE
    if path.exists():
        found = clips.read_settings(folder)
        differ = sorted(key for key in settings | found if settings.get(key) != found.get(key))
        if differ:
            raise UserError(
                f"the clips in {folder} were made with other settings ({', '.join(differ)}); "
                "preprocess into another folder"
            )
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(settings, indent=1), "utf-8")
