"""Recordings -> prepared examples and their statistics."""

import hashlib
from pathlib import Path

from absl import logging

from audio_tt import io
from audio_tt.errors import UserError
from audio_tt.progress import progress
from ddsp_tt import data, features, statistics, tfrecords

CHUNK_SECONDS = 60
STATISTICS_FILE = "dataset_statistics.json"


def prepare(inputs, output_dir, method="crepe", **pitch_options):
    """Writes one `.npz` for each minute of the inputs, and the statistics of all.

    Files that are prepared already are kept, so a run that was stopped goes on where it was. A file
    that cannot be read is reported and left out.

    Args:
      inputs: files, folders or globs.
      output_dir: folder for the examples.
      method: pitch tracker, see `features.extract`.
      **pitch_options: further arguments of the tracker.

    Returns:
      Exit status: 1 if a file failed, else 0.

    Raises:
      UserError: no input was found, or none could be prepared.
    """
    output_dir = Path(output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    failed = 0
    for path in progress(io.find_audio(inputs), "Preparing", "file"):
        try:
            _prepare_file(path, output_dir, method, pitch_options)
        except UserError as error:
            failed += 1
            logging.error("%s", error)
    paths = data.find_examples(output_dir)
    summary = statistics.compute_statistics(map(_features_of, paths))
    statistics.save_json(summary, output_dir / STATISTICS_FILE)
    logging.info("%s: %d examples of a minute or less", output_dir, len(paths))
    return 1 if failed else 0


def _features_of(path):
    """Features of a prepared example with its power, without the audio."""
    example = data.load_example(path)
    return {"power_db": features.power(example.pop("audio")), **example}


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
      eval_split_fraction: share of the recordings for evaluation, chosen by their names.

    Returns:
      {beginning of the names: number of windows}.

    Raises:
      UserError: nothing is prepared, or TensorFlow is not installed.
    """
    splits = {str(path): data.find_examples(prepared_dir)}
    if eval_split_fraction:
        (everything,) = splits.values()
        chosen = [_is_for_evaluation(example, eval_split_fraction) for example in everything]
        splits = {
            f"{path}{suffix}": [e for e, c in zip(everything, chosen, strict=True) if c == wanted]
            for suffix, wanted in (("-train", False), ("-eval", True))
        }
    counts = {}
    for name, examples in splits.items():
        windows = (
            window
            for example in progress(examples, f"Writing {Path(name).name}", "example")
            for window in tfrecords.windows(data.load_example(example), example_secs, hop_secs)
        )
        counts[name] = tfrecords.write(windows, name, num_shards)
    return counts


def _is_for_evaluation(path, share):
    recording = path.stem.rsplit("_", 1)[0]  # all of its minutes on the same side
    return int(hashlib.sha1(recording.encode()).hexdigest()[:8], 16) < share * 2**32


def _prepare_file(path, output_dir, method, pitch_options):
    # Two files of one name in different folders must not overwrite each other.
    place = hashlib.sha1(str(Path(path).resolve().parent).encode()).hexdigest()[:6]
    chunks = io.blocks(path, features.SAMPLE_RATE, CHUNK_SECONDS * features.SAMPLE_RATE)
    for index, audio in enumerate(chunks):
        target = output_dir / f"{Path(path).stem}_{place}_{index:04d}.npz"
        if not target.exists():
            audio = features.whole_frames(audio)
            data.save_example(target, audio, features.extract(audio, method, **pitch_options))
