"""Recordings -> prepared examples and their statistics."""

import hashlib
from pathlib import Path

from absl import logging

from audio_tt import io
from audio_tt.errors import UserError
from audio_tt.progress import progress
from ddsp_tt import data, features, statistics

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
    examples = data.load_folder(output_dir)
    for example in examples:
        example["power_db"] = features.power(example["audio"])
    summary = statistics.compute_statistics(examples)
    statistics.save_json(summary, output_dir / STATISTICS_FILE)
    logging.info(
        "%s: %d examples, %.1f minutes",
        output_dir,
        len(examples),
        data.dataset_seconds(examples) / 60.0,
    )
    return 1 if failed else 0


def _prepare_file(path, output_dir, method, pitch_options):
    # Two files of one name in different folders must not overwrite each other.
    place = hashlib.sha1(str(Path(path).resolve().parent).encode()).hexdigest()[:6]
    chunks = io.blocks(path, features.SAMPLE_RATE, CHUNK_SECONDS * features.SAMPLE_RATE)
    for index, audio in enumerate(chunks):
        target = output_dir / f"{Path(path).stem}_{place}_{index:04d}.npz"
        if not target.exists():
            audio = features.whole_frames(audio)
            data.save_example(target, audio, features.extract(audio, method, **pitch_options))
