"""Magenta's data sets: TFRecords of overlapping windows, as `ddsp_prepare_tfrecord` writes them.

An example holds float lists: `audio` (and, since DDSP 2, the same at 16 kHz as `audio_16k`),
`f0_hz`, `f0_confidence` and `loudness_db`. Reading and writing take TensorFlow.
"""

import glob
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from ddsp_tt.data import example_files
from ddsp_tt.features import extraction
from ddsp_tt.features.rates import MEASURING_RATE, Rates

_KEYS = ("audio", *example_files.FEATURES)


def read(file_pattern: str) -> Iterator[dict[str, np.ndarray]]:
    """Reads all examples of the files that match.

    Args:
      file_pattern: a path or a glob, such as `data/train.tfrecord*`.

    Yields:
      dict of float32 arrays: `audio` `[samples]`, where it is there `audio_16k`, and `f0_hz`,
      `f0_confidence` and `loudness_db` `[frames]`.

    Raises:
      UserError: nothing matches, a file is damaged, or an example lacks one of them.
    """
    tf = _tensorflow()
    paths = sorted(glob.glob(file_pattern))
    if not paths:
        raise UserError(f"{file_pattern}: no such TFRecord file")
    for path in paths:
        try:
            for record in tf.data.TFRecordDataset(path).as_numpy_iterator():
                yield _parse(path, tf.train.Example.FromString(record).features.feature)
        except (tf.errors.OpError, ValueError) as error:
            raise UserError(f"{path}: not a TFRecord file, or it is damaged") from error


def _parse(path, stored):
    missing = [key for key in _KEYS if key not in stored]
    if missing:
        raise UserError(
            f"{path}: its examples have no {missing[0]}; make them with ddsp_prepare_tfrecord "
            "or python -m ddsp_tt.prepare_dataset --output_tfrecord_path"
        )
    keys = (*_KEYS, *(key for key in ("audio_16k",) if key in stored))
    return {key: np.array(stored[key].float_list.value, "float32") for key in keys}


def windows(
    example: dict[str, Any], example_secs: float = 4.0, hop_secs: float = 1.0, center: bool = False
) -> Iterator[dict[str, np.ndarray]]:
    """Cuts a prepared example into the windows that Magenta's data sets consist of.

    Args:
      example: as `data.load_example` gives it.
      example_secs: length of a window.
      hop_secs: seconds from one window to the next.
      center: whether the frame that is centred on a window's end is there too, as
        `TFRecordProvider.centered` expects; at the end of the example it is the last one again.

    Yields:
      dict as `read` gives it; what is shorter than a window is left out.
    """
    rates = example["rates"]
    n_frames, hop = (round(seconds * rates.frame_rate) for seconds in (example_secs, hop_secs))
    features = {key: np.pad(example[key], (0, 1), "edge") for key in example_files.FEATURES}
    for first in range(0, len(example["f0_hz"]) - n_frames + 1, hop):
        frames = slice(first, first + n_frames + center)
        yield {
            **{
                key: example[key][first * samples : (first + n_frames) * samples]
                for key, samples in (
                    ("audio", rates.hop_length),
                    ("audio_16k", rates.measuring_hop_length),
                )
            },
            **{key: values[frames] for key, values in features.items()},
        }


def write(examples: Iterable[dict[str, Any]], path: str | Path, num_shards: int = 10) -> int:
    """Writes examples to `PATH-00000-of-00010` and so on, one after the other to each in turn.

    Args:
      examples: iterable of dicts as `read` gives them.
      path: beginning of the names.
      num_shards: number of files.

    Returns:
      The number of examples.
    """
    import contextlib

    tf = _tensorflow()
    count = 0
    with contextlib.ExitStack() as stack:
        names = [f"{path}-{i:05d}-of-{num_shards:05d}" for i in range(num_shards)]
        writers = []
        for name in names:
            temporary = stack.enter_context(replacing(name))
            writers.append(stack.enter_context(tf.io.TFRecordWriter(str(temporary))))
        for example in examples:
            writers[count % num_shards].write(_serialise(tf, example))
            count += 1
    return count


def _serialise(tf, example):
    lists = {
        key: tf.train.Feature(float_list=tf.train.FloatList(value=np.asarray(values, "float32")))
        for key, values in example.items()
    }
    stored = tf.train.Example(features=tf.train.Features(feature=lists))
    return stored.SerializeToString(deterministic=True)


def _tensorflow():
    try:
        import tensorflow as tf
    except ImportError as error:
        raise UserError(
            "TFRecords need tensorflow (pip install tensorflow); without it, prepare to .npz files "
            "with --output_path"
        ) from error
    return tf


@gin.register(module="ddsp_tt.data")
class TFRecordProvider(example_files.CropProvider):
    """Batches of whole windows from TFRecords; that of a step depends on seed and step alone.

    Args:
      file_pattern: of the files.
      example_secs: length of a window.
      sample_rate: Hz.
      frame_rate: frames a second.
      centered: whether the last frame, centred on the end, is there too, and is to be left out.
      batch_size: windows a batch.
      seed: of the order.
    """

    def __init__(
        self,
        file_pattern: str | None = None,
        example_secs: float = 4,
        sample_rate: int = MEASURING_RATE,
        frame_rate: float = 250,
        centered: bool = False,
        batch_size: int = 16,
        seed: int = 0,
    ):
        if file_pattern is None:
            raise UserError(
                "no data: give --data_dir, or "
                "--gin_param=\"TFRecordProvider.file_pattern='data/train.tfrecord*'\""
            )
        rates = Rates(sample_rate, frame_rate)
        n_frames = round(example_secs * frame_rate)
        examples = [
            _whole(example, n_frames, rates, centered, file_pattern)
            for example in read(file_pattern)
        ]
        self._set_up(examples, example_secs, batch_size, seed)


def _whole(example, n_frames, rates, centered, file_pattern):
    """A window with its rates, without the frame on its end, and with its copy at 16 kHz.

    Raises:
      UserError: it has another length than the rates make.
    """
    lengths = (len(example["audio"]), len(example["f0_hz"]))
    expected = (n_frames * rates.hop_length, n_frames + centered)
    if lengths != expected:
        raise UserError(
            f"{file_pattern}: windows of {lengths[0]} samples and {lengths[1]} frames, where "
            f"{n_frames / rates.frame_rate:g} s at {rates} make {expected[0]} and {expected[1]}; "
            "set TFRecordProvider.example_secs, .sample_rate, .frame_rate and .centered"
        )
    whole = {key: example[key][:n_frames] for key in example_files.FEATURES}
    whole |= {"audio": example["audio"], "rates": rates}
    if rates.sample_rate == MEASURING_RATE:
        return {**whole, "audio_16k": example["audio"]}
    stored = example.get("audio_16k")
    whole["audio_16k"] = (
        extraction.measuring_copy(example["audio"], rates) if stored is None else stored
    )
    return whole
