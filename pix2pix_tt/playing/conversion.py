"""Sound files through a trained model: one, or all of a folder."""

import math
from pathlib import Path

from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io

_BLOCK_SIZE = 65536


def plan(input_path, output_path):
    """What is to be read and written: [(recording, file to write)].

    Args:
      input_path: a sound file, or a folder of them with all below it.
      output_path: a sound file, or for a folder another folder, in which wav files have the names
        of the recordings.

    Raises:
      UserError: there is nothing to read, or the place cannot be written to.
    """
    source, target = Path(input_path), Path(output_path)
    if not source.is_dir():
        io.check_writable(target, source)
        return [(source, target)]
    if target.is_file():
        raise UserError(f"{target} is a file; name a folder to write, as {source} is one")
    jobs = {}
    for recording in io.find_audio(source):
        inside = target / recording.relative_to(source)
        wanted = inside.with_suffix(".wav")
        # a.wav and a.mp3 become two files.
        jobs[inside.with_name(inside.name + ".wav") if wanted in jobs else wanted] = recording
    io.check_writable(next(iter(jobs)))
    return [(recording, wanted) for wanted, recording in jobs.items()]


def convert_all(jobs, trained, style=None, seed=0):
    """Plays files; of several, each one that cannot be is reported and passed over.

    Args:
      jobs: what `plan` returned.
      trained: a `loading.TrainedModel`.
      style: as `styles.choose` returns it.
      seed: of random phase.

    Returns:
      How many failed.

    Raises:
      UserError: the only file cannot be read or written.
    """
    failed = 0
    for source, target in jobs:
        try:
            convert(source, target, trained, style, seed)
        except UserError as error:
            if len(jobs) == 1:
                raise
            logging.error("%s", error)
            failed += 1
    return failed


def convert(source, target, trained, style=None, seed=0):
    """Plays one file, in memory that does not grow with its length.

    Args:
      source: the recording, of any rate and number of channels.
      target: the sound file to write, at the model's rate.
      trained: as for `convert_all`.
      style: as for `convert_all`.
      seed: as for `convert_all`.

    Raises:
      UserError: the recording cannot be read, or the file cannot be written.
    """
    from pix2pix_tt.playing import transfer

    rate = trained.features.sample_rate
    seconds = io.info(source).duration
    recording = io.blocks(source, rate, _BLOCK_SIZE, mono=False)
    sound = transfer.play(trained, recording, style, seed, name=str(source))
    subtype = transfer.Transfer().subtype if Path(target).suffix.lower() == ".wav" else None
    with progress(math.ceil(seconds), f"Playing {Path(source).name}", "s") as bar:
        io.write(target, _watched(sound, rate, bar), rate, subtype)


def _watched(blocks, sample_rate, bar):
    given = 0
    for block in blocks:
        yield block
        given += len(block)
        bar.update(min(given // sample_rate, bar.total) - bar.n)
