"""Recordings -> prepared examples and their statistics."""

import dataclasses
import hashlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.pitch import polyphony
from audio_tt.training.parallel import run_jobs
from ddsp_tt.data import example_files, tfrecords, urmp
from ddsp_tt.data.cleaning import UNCHANGED, Cleaning
from ddsp_tt.features import extraction, fitting, reliability, statistics
from ddsp_tt.features.rates import DEFAULT_RATES, Rates
from ddsp_tt.trained.files import STATISTICS_FILE

CHUNK_SECONDS = 60
SETTINGS_FILE = "preparation.json"
_NAMED = 5


@dataclasses.dataclass(frozen=True)
class Job:
    """One recording, where its examples go, and how they are made.

    Attributes:
      recording: the file.
      name: what the names of its examples begin with.
      folder: for the examples.
      cleaning: what is done to the recording first.
      pitch: arguments of `features.extraction.extract`.
      rates: of the audio and the features in the examples.
    """

    recording: Path
    name: str
    folder: Path
    cleaning: Cleaning
    pitch: dict
    rates: Rates


def prepare(
    inputs: Sequence[str],
    output_dir: str | Path,
    method: str = "crepe",
    cleaning: Cleaning = UNCHANGED,
    rates: Rates = DEFAULT_RATES,
    run: Callable = run_jobs,
    **pitch_options: Any,
) -> int:
    """Writes one `.npz` for each minute of the inputs, and the statistics of all.

    Examples that are there already are kept, so a run that was stopped goes on where it was; those
    of a recording that has changed since are made anew. A file that cannot be read is reported and
    left out. Examples of other recordings stay, so that a folder can be filled in several calls;
    which they are is said.

    Args:
      inputs: files, folders or globs.
      output_dir: folder for the examples.
      method: pitch tracker, see `features.extraction.extract`.
      cleaning: what is done to the recordings first.
      rates: of the audio and the features that are written.
      run: calls a function for each of a list of jobs, as `run_jobs` does.
      **pitch_options: further arguments of the tracker.

    Returns:
      Exit status: 1 if a file failed, else 0.

    Raises:
      UserError: no input was found, none could be prepared, or what is there was prepared in
        another way.
    """
    output_dir = Path(output_dir)
    pitch = {"method": method, **pitch_options}
    names = _names(io.find_audio(inputs))
    jobs = [Job(path, name, output_dir, cleaning, pitch, rates) for name, path in names.items()]
    settings = {**rates.of_data(), **pitch, **dataclasses.asdict(cleaning)}
    _check_settings(output_dir, settings)
    failed = 0
    with progress(len(jobs), "Preparing", "file") as bar:
        for failure in run(prepare_recording, jobs):
            if failure:
                failed += 1
                logging.error("%s", failure)
            bar.update(1)
    paths = example_files.find_examples(output_dir)
    _warn_of_others(paths, names)
    summary = statistics.compute_statistics(
        Measured(paths),
        smoothing=fitting.smoothing_of(rates.frame_rate),
    )
    statistics.save_json(summary, output_dir / STATISTICS_FILE)
    logging.info("%s: %d examples of a minute or less", output_dir, len(paths))
    return 1 if failed else 0


def prepared_folder(
    folder: str | Path | None,
    output_dir: str | Path,
    urmp_instrument: str | None = None,
    **options: Any,
) -> tuple[Path | None, int]:
    """A folder of prepared examples: the one given, or one made of the recordings in it.

    Args:
      folder: of prepared examples or of recordings; None gives None.
      output_dir: where recordings are prepared to.
      urmp_instrument: take its tracks alone from the URMP data set, which the folder holds.
      **options: as for `prepare`.

    Returns:
      (the folder, the exit status of `prepare`).

    Raises:
      UserError: as `prepare` and `urmp.find_recordings` do.
    """
    if folder is None or (Path(folder) / STATISTICS_FILE).is_file():
        return folder, 0
    inputs = urmp.find_recordings([folder], urmp_instrument) if urmp_instrument else [folder]
    return output_dir, prepare(inputs, output_dir, **options)


def prepare_recording(job: Any) -> str | None:
    """Writes the examples of one recording that are missing; returns why it cannot, if so.

    Those of another version of it are written anew or, where it has become shorter, removed.
    """
    index, has_changed = -1, False
    try:
        rates = job.rates
        source = _digest(job.recording)
        chunks = job.cleaning.blocks(
            job.recording, CHUNK_SECONDS * rates.sample_rate, rates.sample_rate
        )
        for index, audio in enumerate(chunks):
            target = _example(job, index)
            is_there = target.exists()
            # Those that do not say are from before there was a digest.
            if not is_there or example_files.source_of(target) not in (source, ""):
                has_changed |= is_there
                measured = extraction.measure(audio, rates, **job.pitch)
                if index == 0:
                    polyphony.warn_if_polyphonic(
                        measured["audio_16k"], extraction.SAMPLE_RATE, job.recording
                    )
                measured[example_files.WEIGHT] = reliability.frame_weight(
                    measured["audio_16k"],
                    measured["f0_confidence"],
                    measured["loudness_db"],
                    rates.frame_rate,
                    job.pitch["method"],
                )
                example_files.save_example(
                    target, measured["audio"], measured, rates, measured["audio_16k"], source
                )
        for target in _examples_after(job, index):
            has_changed = True
            target.unlink(missing_ok=True)
    except UserError as error:
        return str(error)
    if has_changed:
        logging.info("%s has changed; its examples are made anew", job.recording)
    if index < 0:
        logging.warning("%s is silent; left out", job.recording)
    return None


def _example(job, index):
    return job.folder / f"{job.name}_{index:04d}.npz"


def _examples_after(job, index):
    """Those that follow one without a gap, the last first, so that a stop leaves no gap."""
    following = (_example(job, number) for number in itertools.count(index + 1))
    return reversed(list(itertools.takewhile(Path.exists, following)))


def _names(recordings):
    """{what the names of a recording's examples begin with: recording}.

    Neither two files of one name in different folders, nor two in one that differ in the extension
    alone, may overwrite each other's.
    """
    names = {}
    for recording in recordings:
        place = hashlib.sha1(os.fsencode(recording.resolve().parent)).hexdigest()[:6]
        name = f"{recording.stem}_{place}"
        if name in names:
            name = f"{recording.name.replace('.', '_')}_{place}"
        names[name] = recording
    return names


def _digest(recording):
    try:
        with open(recording, "rb") as file:
            return hashlib.file_digest(file, "sha1").hexdigest()
    except OSError as error:
        raise UserError(f"{recording}: cannot be read: {error.strerror}") from error


def _warn_of_others(paths, names):
    """Says which examples are of none of the recordings that were named this time."""
    kinds = [
        f"{name}_*.npz"
        for name in dict.fromkeys(map(example_files.recording_of, paths))
        if name not in names
    ]
    if kinds:
        more = f" and {len(kinds) - _NAMED} more" if len(kinds) > _NAMED else ""
        logging.warning(
            "%s holds examples of recordings that are not among these: %s%s; they stay, and count "
            "as the others do; remove those that should not",
            paths[0].parent,
            ", ".join(kinds[:_NAMED]),
            more,
        )


def _check_settings(folder, settings):
    """Keeps examples that were prepared in different ways apart."""
    path = folder / SETTINGS_FILE
    if path.is_file():
        before = DEFAULT_RATES.of_data() | json.loads(path.read_text("utf-8"))
        if before != settings:
            changed = ", ".join(
                f"{key} {before.get(key)}" for key in settings if before.get(key) != settings[key]
            )
            raise UserError(f"{folder} was prepared with {changed}; use another folder")
    elif not any(folder.glob("*.npz")):
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=1), "utf-8")


class Measured:
    """Features with power of prepared examples, read anew whenever they are asked for.

    Args:
      paths: the examples.
      window_length: samples at 16 kHz of a window of power.
    """

    def __init__(self, paths: Sequence[Path], window_length: int = extraction.POWER_WINDOW_LENGTH):
        self._paths, self._window_length = paths, window_length

    def __iter__(self) -> Iterator[dict[str, Any]]:
        examples = (example_files.load_example(path) for path in self._paths)
        return (features_and_power(example, self._window_length) for example in examples)


def features_and_power(
    example: dict[str, Any], window_length: int = extraction.POWER_WINDOW_LENGTH
) -> dict[str, Any]:
    """Features of a prepared example with its power, without the audio."""
    measured = {key: example[key] for key in example_files.FEATURES}
    rate = example["rates"].frame_rate
    power_db = extraction.power(example["audio_16k"], rate, window_length)
    return {"power_db": power_db, **measured}


def export_tfrecords(
    prepared_dir: str | Path,
    path: str | Path,
    num_shards: int = 10,
    example_secs: float = 4.0,
    hop_secs: float = 1.0,
    eval_split_fraction: float = 0.0,
    center: bool = False,
) -> dict[str, int]:
    """Writes prepared examples as Magenta's TFRecords, a minute in memory at a time.

    Args:
      prepared_dir: folder that `prepare` wrote.
      path: beginning of the files' names; with an evaluation split, -train and -eval follow it.
      num_shards: files a split.
      example_secs: length of a window.
      hop_secs: seconds from one window to the next.
      eval_split_fraction: share of the recordings for evaluation, see `data.split`.
      center: of `tfrecords.windows`.

    Returns:
      {beginning of the names: number of windows}.

    Raises:
      UserError: nothing is prepared, or TensorFlow is not installed.
    """
    splits = {str(path): example_files.find_examples(prepared_dir)}
    if eval_split_fraction:
        (everything,) = splits.values()
        splits = dict(
            zip(
                (f"{path}-train", f"{path}-eval"),
                example_files.split(everything, eval_split_fraction),
                strict=True,
            )
        )
    counts = {}
    for name, examples in splits.items():
        windows = (
            window
            for example in progress(examples, f"Writing {Path(name).name}", "example")
            for window in tfrecords.windows(
                example_files.load_example(example), example_secs, hop_secs, center
            )
        )
        counts[name] = tfrecords.write(windows, name, num_shards)
    return counts
