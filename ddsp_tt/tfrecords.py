"""Magenta's data sets: TFRecords of overlapping windows, as `ddsp_prepare_tfrecord` writes them.

An example holds float lists: `audio` (and, since DDSP 2, the same at 16 kHz as `audio_16k`),
`f0_hz`, `f0_confidence` and `loudness_db`. Reading and writing take TensorFlow.
"""

import glob

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import replacing
from ddsp_tt import data, features

_KEYS = ("audio", *data.FEATURES)


def read(file_pattern):
    """Reads all examples of the files that match.

    Args:
      file_pattern: a path or a glob, such as `data/train.tfrecord*`.

    Yields:
      dict of float32 arrays: `audio` `[samples]`, `f0_hz`, `f0_confidence` and `loudness_db`
      `[frames]`.

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
    return {key: np.array(stored[key].float_list.value, "float32") for key in _KEYS}


def windows(example, example_secs=4.0, hop_secs=1.0):
    """Cuts a prepared example into the windows that Magenta's data sets consist of.

    Args:
      example: dict of `audio` `[samples]` and features `[frames]`.
      example_secs: length of a window.
      hop_secs: seconds from one window to the next.

    Yields:
      dict as `read` gives it; what is shorter than a window is left out.
    """
    n_frames, hop = (round(seconds * features.FRAME_RATE) for seconds in (example_secs, hop_secs))
    for first in range(0, len(example["f0_hz"]) - n_frames + 1, hop):
        frames = slice(first, first + n_frames)
        samples = slice(frames.start * features.HOP_LENGTH, frames.stop * features.HOP_LENGTH)
        yield {
            "audio": example["audio"][samples],
            **{key: example[key][frames] for key in data.FEATURES},
        }


def write(examples, path, num_shards=10):
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
    stored = {**example, "audio_16k": example["audio"]}
    lists = {
        key: tf.train.Feature(float_list=tf.train.FloatList(value=np.asarray(values, "float32")))
        for key, values in stored.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=lists)).SerializeToString()


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
class TFRecordProvider(data.CropProvider):
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
        file_pattern=gin.REQUIRED,
        example_secs=4,
        sample_rate=features.SAMPLE_RATE,
        frame_rate=features.FRAME_RATE,
        centered=False,
        batch_size=16,
        seed=0,
    ):
        if (sample_rate, frame_rate) != (features.SAMPLE_RATE, features.FRAME_RATE):
            raise UserError(
                f"{file_pattern}: only {features.SAMPLE_RATE} Hz and {features.FRAME_RATE} frames "
                f"a second can be trained on, not {sample_rate} and {frame_rate}"
            )
        n_frames = round(example_secs * frame_rate)
        examples = [
            {key: x if key == "audio" else x[:n_frames] if centered else x for key, x in e.items()}
            for e in read(file_pattern)
        ]
        self._set_up(examples, n_frames, batch_size, seed)
