"""Writes the decoder as a SavedModel or for TensorFlow Lite, and runs what was written."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np
from absl import logging

from audio_tt.errors import UserError

_SIGNATURE = "serving_default"


def save_saved_model(decoder: Any, folder: str | Path, frames: int | None) -> None:
    """Writes a folder that `tf.saved_model.load` reads.

    Args:
      decoder: a `StatelessDecoder`.
      folder: where to; must not be there yet, or be empty.
      frames: in a call; None for any number.
    """
    tf = import_tensorflow()
    signature = {
        name: tf.TensorSpec((1, frames, channels), tf.float32, name)
        for name, (channels, _) in decoder.inputs.items()
    }
    signature["state"] = tf.TensorSpec((1, decoder.state_size), tf.float32, "state")

    def controls(**inputs):
        return decoder(inputs, inputs.pop("state"))

    module = tf.Module()
    module.weights = [variable.value for variable in decoder.decoder.variables]
    with plain_recurrence(decoder), quiet():
        module.controls = tf.function(controls, autograph=False)
        concrete = module.controls.get_concrete_function(**signature)
        tf.saved_model.save(module, str(folder), signatures={_SIGNATURE: concrete})


def save_tflite(decoder: Any, path: str | Path, frames: int | None) -> None:
    """Writes a `.tflite` of the same signature; arguments as for `save_saved_model`."""
    tf = import_tensorflow()
    with tempfile.TemporaryDirectory() as folder:
        save_saved_model(decoder, Path(folder) / "model", frames)
        converter = tf.lite.TFLiteConverter.from_saved_model(str(Path(folder) / "model"))
        with quiet():
            Path(path).write_bytes(converter.convert())


def run_saved_model(folder: str | Path) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """What a SavedModel computes: a function of {name: array} to {name: array}."""
    tf = import_tensorflow()
    loaded = tf.saved_model.load(str(folder))
    function = loaded.signatures[_SIGNATURE]

    def run(inputs):
        outputs = function(**{name: tf.constant(x) for name, x in inputs.items()})
        return {name: x.numpy() for name, x in outputs.items()}

    run.loaded = loaded  # whose variables the function does not keep alive
    return run


def run_tflite(path: str | Path) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """What a `.tflite` computes, by TensorFlow's own interpreter."""
    runner = interpreter(Path(path).read_bytes()).get_signature_runner(_SIGNATURE)
    return lambda inputs: {name: np.array(x) for name, x in runner(**inputs).items()}


def interpreter(model: bytes) -> Any:
    """TensorFlow's own interpreter of a `.tflite`."""
    return import_tensorflow().lite.Interpreter(model_content=model)


@contextlib.contextmanager
def plain_recurrence(decoder: Any) -> Iterator[None]:
    """Without the custom gradient and its compilation, which other programs do not have."""
    decoder.decoder.rnn.is_plain = True
    try:
        yield
    finally:
        decoder.decoder.rnn.is_plain = False


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what TensorFlow tells about its own progress."""
    before = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        logging.set_verbosity(before)


def replace_folder(finished: str | Path, folder: str | Path) -> None:
    """Moves a finished folder to its place, if that is free."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
    shutil.move(finished, folder)


def import_tensorflow() -> ModuleType:
    """TensorFlow, for what is written by it.

    Raises:
      UserError: Keras works with another backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise UserError(
            "SavedModel and TFLite are TensorFlow's: run this with KERAS_BACKEND=tensorflow, or "
            "take --format=onnx"
        )
    import tensorflow as tf

    return tf
