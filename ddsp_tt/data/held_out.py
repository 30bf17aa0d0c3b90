"""Recordings to judge a model by, a minute in memory at a time."""

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from audio_tt.files import batches, io
from ddsp_tt.data import example_files
from ddsp_tt.features import extraction
from ddsp_tt.features.rates import DEFAULT_RATES

CHUNK_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Stretches:
    """Recordings in stretches of a minute or less.

    Attributes:
      total: how many stretches there are.
      pairs: of a recording's name and a stretch of it as `data.load_example` gives it, in order;
        each is read or measured when it is asked for.
    """

    total: int
    pairs: Iterator


def choose(
    data_dir: str | Path | None, inputs: Sequence[str] | None, **options: Any
) -> Stretches | None:
    """`prepared` or `recordings`, whichever is given; None where neither is."""
    if data_dir is not None:
        return prepared(data_dir)
    return recordings(inputs, **options) if inputs is not None else None


def of_training(
    data_dir: str | Path | None, eval_data_dir: str | Path | None, share: float
) -> Stretches | None:
    """What a training with these folders holds out, or else all; None where no folder is given.

    Args:
      data_dir: of `training.train`.
      eval_data_dir: the same.
      share: the same, `eval_split_fraction`.
    """
    if data_dir is None or eval_data_dir is not None or not share:
        return choose(eval_data_dir or data_dir, None)
    return _of_paths(example_files.split(example_files.find_examples(data_dir), share)[1])


def prepared(data_dir: str | Path) -> Stretches:
    """`Stretches` of the prepared examples of a folder.

    Raises:
      UserError: as `data.find_examples`.
    """
    return _of_paths(example_files.find_examples(data_dir))


def _of_paths(paths):
    pairs = ((path.stem.rsplit("_", 1)[0], example_files.load_example(path)) for path in paths)
    return Stretches(len(paths), pairs)


def recordings(inputs: Sequence[str], **options: Any) -> Stretches:
    """`Stretches` of sound files that were not prepared.

    Args:
      inputs: files, folders or globs.
      **options: of `features.extraction.extract`.

    Raises:
      UserError: nothing was found, or a file cannot be read (`audio_tt.files.batches.readable`
        leaves those out).
    """
    paths = io.find_audio(inputs)
    total = sum(max(math.ceil(io.info(path).duration / CHUNK_SECONDS), 1) for path in paths)
    rates = options.get("rates", DEFAULT_RATES)

    def pairs():
        for path, name in batches.names(paths).items():
            size = CHUNK_SECONDS * rates.sample_rate
            for audio in io.blocks(path, rates.sample_rate, size):
                yield name, {"rates": rates, **extraction.measure(audio, **options)}

    return Stretches(total, pairs())


def provided(provider: Any) -> Stretches:
    """`Stretches` of the examples of a gin provider such as `TFRecordProvider`."""
    pairs = ((f"example_{i:05d}", example) for i, example in enumerate(provider.examples))
    return Stretches(len(provider.examples), pairs)
