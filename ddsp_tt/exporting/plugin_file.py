"""Writes a decoder as the file that Magenta's plug-in ddsp-vst plays, and reads it as that does.

Names, sizes and metadata: magenta/ddsp, training/ddsp_export.py, and magenta/ddsp-vst,
src/util/Constants.h and src/audio/tflite/ModelLibrary.cpp.
"""

import datetime
import importlib.metadata
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from audio_tt.dsp.units import midi_to_hz
from audio_tt.errors import UserError
from ddsp_tt.exporting import tensorflow_files
from ddsp_tt.synthesis.core import DB_RANGE, F0_RANGE

STATE_SIZE, HARMONICS, BANDS = 512, 60, 65
SAMPLE_RATE, FRAME_RATE, FRAME_SIZE = 16000, 50, 1024
INPUTS = {"call_f0_scaled:0": 1, "call_pw_scaled:0": 1, "call_state:0": STATE_SIZE}
OUTPUTS = {
    "StatefulPartitionedCall:0": 1,
    "StatefulPartitionedCall:1": HARMONICS,
    "StatefulPartitionedCall:2": BANDS,
    "StatefulPartitionedCall:3": STATE_SIZE,
}
METADATA_FILE = "metadata.json"
_RANGES = tuple(f"mean_{end}_{name}_note" for name in ("pitch", "power") for end in ("min", "max"))
_SETTINGS = "train one with --gin_file=ddsp/instrument_vst.gin, see docs/daw.md"
# Highest versions of the operations that TensorFlow Lite knew at the end of 2022
# (lite/kernels/register.cc); the plug-in is of early 2023. Of others it knew version 1 at least.
_VERSIONS = {
    "ADD": 4,
    "CONCATENATION": 3,
    "DEQUANTIZE": 5,
    "DIV": 2,
    "EQUAL": 3,
    "FULLY_CONNECTED": 9,
    "LEAKY_RELU": 2,
    "LESS": 2,
    "LOGISTIC": 3,
    "MAXIMUM": 4,
    "MEAN": 3,
    "MINIMUM": 4,
    "MUL": 5,
    "RSQRT": 2,
    "SELECT": 2,
    "SLICE": 5,
    "SPLIT": 4,
    "SPLIT_V": 2,
    "SQUARED_DIFFERENCE": 2,
    "STRIDED_SLICE": 6,
    "SUB": 5,
    "SUM": 2,
    "TANH": 3,
    "TRANSPOSE": 5,
}
_LAST_OPERATION = 158  # its number in the schema of then


def check_model(trained: Any, decoder: Any) -> None:
    """Finds out whether the plug-in can play a model.

    Args:
      trained: the `trained.loading.TrainedModel`.
      decoder: its `StatelessDecoder`.

    Raises:
      UserError: it has another shape, or no statistics; says what is another, and which settings
        make a model for the plug-in.
    """
    rates = trained.rates
    shape = {
        "inputs": (tuple(sorted(decoder.inputs)), ("f0_hz", "power_db")),
        "recurrent units": (decoder.state_size, STATE_SIZE),
        "harmonics": (decoder.outputs["harmonic_distribution"], HARMONICS),
        "bands of noise": (decoder.outputs["noise_magnitudes"], BANDS),
        "Hz": (rates.sample_rate, SAMPLE_RATE),
        "frames a second": (rates.decoder_frame_rate, FRAME_RATE),
        "samples a window of power": (trained.analysis["power_window_length"], FRAME_SIZE),
    }
    for what, (has, wanted) in shape.items():
        if has != wanted:
            has, wanted = (" and ".join(x) if isinstance(x, tuple) else x for x in (has, wanted))
            raise UserError(
                f"{trained.name} is no model for ddsp-vst: {what}: {has}, where the plug-in has "
                f"{wanted}; {_SETTINGS}"
            )
    missing = [key for key in _RANGES if key not in (trained.statistics or {})]
    if missing:
        raise UserError(
            f"{trained.name} has no {missing[0]} in its dataset_statistics.json, of which ddsp-vst "
            "shows the range of the instrument"
        )


def save(trained: Any, decoder: Any, path: str | Path, half: bool = True) -> None:
    """Writes the file.

    Args:
      trained: the `trained.loading.TrainedModel`, which `check_model` has passed.
      decoder: its `StatelessDecoder`.
      path: where to.
      half: whether constants are of 16 bits.

    Raises:
      UserError: TensorFlow wrote something that the plug-in does not load.
    """
    tf = tensorflow_files.import_tensorflow()

    def call(f0_scaled, pw_scaled, state):
        controls = _controls(decoder, tf.reshape(f0_scaled, (1, 1, 1)), pw_scaled, state)
        return tuple(tf.reshape(x, [-1]) for x in controls.values())

    specifications = {
        name.removeprefix("call_").removesuffix(":0"): tf.TensorSpec((size,), tf.float32)
        for name, size in INPUTS.items()
    }
    module = tf.Module()
    module.weights = [variable.value for variable in decoder.decoder.variables]
    with (
        tempfile.TemporaryDirectory() as folder,
        tensorflow_files.plain_recurrence(decoder),
        tensorflow_files.quiet(),
    ):
        module.call = tf.function(call, autograph=False)
        concrete = module.call.get_concrete_function(**specifications)
        tf.saved_model.save(module, folder, signatures={"call": concrete})
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["call"])
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS]
        if half:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.target_spec.supported_types = [tf.float16]
        model = in_order(converter.convert())
    check_file(model)
    Path(path).write_bytes(model)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(METADATA_FILE, json.dumps(metadata(trained)))


def _controls(decoder, f0_scaled, pw_scaled, state):
    ops = keras.ops
    scaled = {"f0_scaled": f0_scaled, "pw_scaled": ops.reshape(pw_scaled, (1, 1, 1))}
    f0_hz = midi_to_hz(f0_scaled * F0_RANGE, ops)
    return decoder.controls(scaled, f0_hz, ops.reshape(state, (1, STATE_SIZE)))


def metadata(trained: Any) -> dict[str, Any]:
    """What the plug-in shows of an instrument, and tells it from others by (`export_time`)."""
    ranges = {key: float(trained.statistics[key]) for key in _RANGES}
    hertz = {
        f"{key}_hz": float(midi_to_hz(value)) for key, value in ranges.items() if "pitch" in key
    }
    return {
        **ranges,
        **hertz,
        "num_harmonics": HARMONICS,
        "num_noise_amps": BANDS,
        "frame_rate": FRAME_RATE,
        "frame_size": FRAME_SIZE,
        "sample_rate": SAMPLE_RATE,
        "version": importlib.metadata.version("timbre-tt"),
        "export_time": datetime.datetime.now().isoformat(),
    }


def in_order(model: bytes) -> bytes:
    """A `.tflite` whose inputs and outputs are listed in the order of `INPUTS` and `OUTPUTS`."""
    data = bytearray(model)
    graph = _schema().Model.GetRootAs(data, 0).Subgraphs(0)
    for listed, names in ((graph.InputsAsNumpy(), INPUTS), (graph.OutputsAsNumpy(), OUTPUTS)):
        found = {graph.Tensors(index).Name().decode(): index for index in listed.tolist()}
        if found.keys() == names.keys():  # else check_file will say so
            listed[:] = [found[name] for name in names]
    return bytes(data)


def operations(model: bytes) -> dict[str, tuple[int, int]]:
    """{name: (number in the schema, version)} of the operations of a `.tflite`."""
    schema = _schema()
    names = {
        number: name
        for name, number in vars(schema.BuiltinOperator).items()
        if isinstance(number, int)
    }
    graph, found = schema.Model.GetRootAs(bytearray(model), 0), {}
    for index in range(graph.OperatorCodesLength()):
        code = graph.OperatorCodes(index)
        number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
        found[names.get(number, str(number))] = (number, code.Version())
    return found


def check_file(model: bytes) -> None:
    """Finds out whether the plug-in loads a `.tflite`, as it does itself, and by its operations.

    Raises:
      UserError: a name or a size is another, or an operation is not built in or too new.
    """
    for name, (number, version) in operations(model).items():
        if number > _LAST_OPERATION or name == "CUSTOM" or version > _VERSIONS.get(name, 1):
            raise UserError(
                f"this TensorFlow writes version {version} of {name}, which ddsp-vst does not know"
            )
    interpreter = tensorflow_files.interpreter(model)
    interpreter.allocate_tensors()
    for details, wanted in (
        (interpreter.get_input_details(), INPUTS),
        (interpreter.get_output_details(), OUTPUTS),
    ):
        found = {tensor["name"]: int(np.prod(tensor["shape"])) for tensor in details}
        if found != wanted:
            raise UserError(f"this TensorFlow writes {found} where ddsp-vst has {wanted}")


def run(path: str | Path) -> Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """What the file computes, with inputs and outputs as a `StatelessDecoder` has them."""
    from ddsp_tt.features.fitting import hz_to_midi

    interpreter = tensorflow_files.interpreter(Path(path).read_bytes())
    interpreter.allocate_tensors()
    inputs = {tensor["name"]: tensor["index"] for tensor in interpreter.get_input_details()}
    outputs = {tensor["name"]: tensor["index"] for tensor in interpreter.get_output_details()}

    def play(features):
        values = (
            hz_to_midi(features["f0_hz"]) / F0_RANGE,
            features["power_db"] / DB_RANGE + 1.0,
            features["state"],
        )
        for name, value in zip(INPUTS, values, strict=True):
            interpreter.set_tensor(inputs[name], np.ravel(value).astype("float32"))
        interpreter.invoke()
        given = [interpreter.get_tensor(outputs[name]) for name in OUTPUTS]
        names = ("amplitudes", "harmonic_distribution", "noise_magnitudes")
        controls = {name: x[None, None] for name, x in zip(names, given, strict=False)}
        return {**controls, "new_state": given[-1][None]}

    return play


def _schema():
    from tensorflow.lite.python import schema_py_generated

    return schema_py_generated
