"""Recordings -> prepared examples and their statistics."""

import dataclasses
import hashlib
import json
from pathlib import Path

from absl import logging

from audio_tt import io
from audio_tt.errors import UserError
from audio_tt.files import replacing
from audio_tt.parallel import run_jobs
from audio_tt.progress import progress
from ddsp_tt import data, features, postprocessing, statistics, tfrecords, urmp
from ddsp_tt.cleaning import UNCHANGED, Cleaning
from ddsp_tt.rates import DEFAULT_RATES, Rates

CHUNK_SECONDS = 60
STATISTICS_FILE = "dataset_statistics.json"
SETTINGS_FILE = "preparation.json"


@dataclasses.dataclass(frozen=True)
class Job:
    """One recording, where its examples go, and how they are made.

    Attributes:
      recording: the file.
      folder: for the examples.
      cleaning: what is done to the recording first.
      pitch: arguments of `features.extract`.
      rates: of the audio and the features in the examples.
    """

    recording: Path
    folder: Path
    cleaning: Cleaning
    pitch: dict
    rates: Rates


def prepare(
    inputs,
    output_dir,
    method="crepe",
    cleaning=UNCHANGED,
    rates=DEFAULT_RATES,
    run=run_jobs,
    **pitch_options,
):
    """Writes one `.npz` for each minute of the inputs, and the statistics of all.

    Examples that are there already are kept, so a run that was stopped goes on where it was. A file
    that cannot be read is reported and left out.

    Args:
      inputs: files, folders or globs.
      output_dir: folder for the examples.
      method: pitch tracker, see `features.extract`.
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
    jobs = [Job(path, output_dir, cleaning, pitch, rates) for path in io.find_audio(inputs)]
    settings = {**dataclasses.asdict(rates), **pitch, **dataclasses.asdict(cleaning)}
    _check_settings(output_dir, settings)
    failed = 0
    with progress(len(jobs), "Preparing", "file") as bar:
        for failure in run(prepare_recording, jobs):
            if failure:
                failed += 1
                logging.error("%s", failure)
            bar.update(1)
    paths = data.find_examples(output_dir)
    summary = statistics.compute_statistics(
        _Measured(paths),
        smoothing=postprocessing.smoothing_of(rates.frame_rate),
    )
    statistics.save_json(summary, output_dir / STATISTICS_FILE)
    logging.info("%s: %d examples of a minute or less", output_dir, len(paths))
    return 1 if failed else 0


def prepared_folder(folder, output_dir, urmp_instrument=None, **options):
    """A folder of prepared examples: the one given, or one made of the recordings in it.

    Args:
      folder: of prepared examples or of recordings; None gives None.
      output_dir: where recordings are prepared to.
      urmp_instrument: take its tracks alone from the URMP data set, which the folder holds.
      **options: as for `prepare`.

    Raises:
      UserError: as `prepare` and `urmp.find_recordings` do.
    """
    if folder is None or (Path(folder) / STATISTICS_FILE).is_file():
        return folder
    inputs = urmp.find_recordings([folder], urmp_instrument) if urmp_instrument else [folder]
    prepare(inputs, output_dir, **options)
    return output_dir


def prepare_recording(job):
    """Writes the examples of one recording that are missing; returns why it cannot, if so."""
    # Two files of one name in different folders must not overwrite each other.
    place = hashlib.sha1(str(job.recording.resolve().parent).encode()).hexdigest()[:6]
    name = f"{job.recording.stem}_{place}"
    index = -1
    try:
        rates = job.rates
        chunks = job.cleaning.blocks(
            job.recording, CHUNK_SECONDS * rates.sample_rate, rates.sample_rate
        )
        for index, audio in enumerate(chunks):
            target = job.folder / f"{name}_{index:04d}.npz"
            if not target.exists():
                measured = features.measure(audio, rates, **job.pitch)
                data.save_example(target, measured["audio"], measured, rates, measured["audio_16k"])
    except UserError as error:
        return str(error)
    if index < 0:
        logging.warning("%s is silent; left out", job.recording)
    return None


def _check_settings(folder, settings):
    """Keeps examples that were prepared in different ways apart."""
    path = folder / SETTINGS_FILE
    if path.is_file():
        before = dataclasses.asdict(DEFAULT_RATES) | json.loads(path.read_text("utf-8"))
        if before != settings:
            changed = ", ".join(
                f"{key} {before.get(key)}" for key in settings if before.get(key) != settings[key]
            )
            raise UserError(f"{folder} was prepared with {changed}; use another folder")
    elif not any(folder.glob("*.npz")):
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(settings, indent=1), "utf-8")


class _Measured:
    """Features with power of prepared examples, read anew whenever they are asked for."""

    def __init__(self, paths):
        self._paths = paths

    def __iter__(self):
        return (features_and_power(data.load_example(path)) for path in self._paths)


def features_and_power(example):
    """Features of a prepared example with its power, without the audio."""
    measured = {key: example[key] for key in data.FEATURES}
    power_db = features.power(example["audio_16k"], example["rates"].frame_rate)
    return {"power_db": power_db, **measured}


def export_tfrecords(
    prepared_dir, path, num_shards=10, example_secs=4.0, hop_secs=1.0, eval_split_fraction=0.0
):
    """Writes prepared examples as Magenta's TFRecords, a minute in memory at a time.

    Args:
      prepared_dir: folder that `prepare` wrote.
      path: beginning of the files' names; with an evaluation split, -train and -eval follow it.
      num_shards: files a split.
      example_secs: length of a window.
      hop_secs: seconds from one window to the next.
      eval_split_fraction: share of the recordings for evaluation, see `data.split`.

    Returns:
      {beginning of the names: number of windows}.

    Raises:
      UserError: nothing is prepared, or TensorFlow is not installed.
    """
    splits = {str(path): data.find_examples(prepared_dir)}
    if eval_split_fraction:
        (everything,) = splits.values()
        splits = dict(
            zip(
                (f"{path}-train", f"{path}-eval"),
                data.split(everything, eval_split_fraction),
                strict=True,
            )
        )
    counts = {}
    for name, examples in splits.items():
        windows = (
            window
            for example in progress(examples, f"Writing {Path(name).name}", "example")
            for window in tfrecords.windows(data.load_example(example), example_secs, hop_secs)
        )
        counts[name] = tfrecords.write(windows, name, num_shards)
    return counts
