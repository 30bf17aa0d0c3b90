"""One model out, as whichever kind of file: written, run, compared, and only then put in place."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import soundfile
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from ddsp_tt.exporting import onnx_file, plugin_file, tensorflow_files
from ddsp_tt.exporting.decoder import StatelessDecoder
from ddsp_tt.synthesis import effects

_TOLERANCE = 1e-3
_COMPARED_FRAMES = 200


def export(trained: Any, output: str | Path, kind: str, frames: int | None = 1) -> dict[str, float]:
    """Writes a model's decoder for other programs.

    Beside it go `OUTPUT.json`, which says what the inputs and outputs are, and, where the model has
    a learned room, its impulse response `OUTPUT.room.wav` (with the direct sound as sample 0, where
    the room adds it): the last step of a program that plays the model.

    Args:
      trained: a `loading.TrainedModel`.
      output: the file, or for "saved_model" the folder.
      kind: "tflite", "onnx" or "saved_model".
      frames: in a call; None for any number.

    Returns:
      {output: largest difference from the model itself, over 200 frames of a glide that swells, or
      two calls where that is more}.

    Raises:
      UserError: the model cannot be exported, a package is missing, the place is taken or cannot be
        written to, or what was written does not agree with the model.
    """
    output = Path(output)
    decoder = StatelessDecoder(trained.model)
    description = describe(trained, decoder, frames)
    if kind == "saved_model":
        differences = _export_folder(decoder, output, frames)
    else:
        with replacing(output) as temporary:
            if kind == "tflite":
                tensorflow_files.save_tflite(decoder, temporary, frames)
                run = tensorflow_files.run_tflite(temporary)
            else:
                texts = {key: str(description[key]) for key in ("sample_rate", "frame_rate")}
                onnx_file.save(decoder, temporary, frames, texts)
                run = onnx_file.run(temporary)
            differences = compare(decoder, run, frames)
    room = _room(trained.model)
    if room is not None:
        description["room"] = f"{output.name}.room.wav"
        with replacing(output.with_name(description["room"])) as temporary:
            soundfile.write(temporary, room, trained.model.rates.sample_rate, "FLOAT")
    with replacing(output.with_name(f"{output.name}.json")) as temporary:
        temporary.write_text(json.dumps(description, indent=1), "utf-8")
    return differences


def export_plugin(trained: Any, output: str | Path) -> dict[str, float]:
    """Writes a model for Magenta's plug-in ddsp-vst, see `plugin_file`.

    Constants are of 16 bits, or of 32 where the file would differ from the model by more than
    0.001.

    Args:
      trained: a `loading.TrainedModel`.
      output: the file; the plug-in calls the instrument by its name.

    Returns:
      As `export`.

    Raises:
      UserError: the file's name does not end in `.tflite`, the model is of another shape than the
        plug-in's, or as for `export`.
    """
    if Path(output).suffix != ".tflite":
        raise UserError(f"{output}: ddsp-vst looks for files whose names end in .tflite")
    decoder = StatelessDecoder(trained.model)
    plugin_file.check_model(trained, decoder)
    with replacing(output) as temporary:
        for half in (True, False):
            plugin_file.save(trained, decoder, temporary, half)
            try:
                return compare(decoder, plugin_file.run(temporary), 1)
            except UserError:
                if not half:
                    raise
                temporary.unlink()
                logging.info("constants of 16 bits are too coarse for this model: 32 are written")


def _export_folder(decoder, output, frames):
    if output.exists() and (not output.is_dir() or any(output.iterdir())):
        raise UserError(f"{output} is there already: name a new folder")
    with tempfile.TemporaryDirectory(dir=_existing_parent(output)) as folder:
        finished = Path(folder) / "finished"
        tensorflow_files.save_saved_model(decoder, finished, frames)
        differences = compare(decoder, tensorflow_files.run_saved_model(finished), frames)
        tensorflow_files.replace_folder(finished, output)
    return differences


def _existing_parent(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.parent


def compare(decoder: StatelessDecoder, run: Callable, frames: int | None) -> dict[str, float]:
    """Runs a program over many calls with its state handed on, beside the model itself.

    Returns:
      {output: largest absolute difference}.

    Raises:
      UserError: one is above 0.001.
    """
    step = frames or _COMPARED_FRAMES // 2
    total = max(_COMPARED_FRAMES, 2 * step)
    features = decoder.example(total)
    expected = decoder.expected(features)
    state, parts = np.zeros((1, decoder.state_size), "float32"), []
    for first in range(0, total - step + 1, step):
        block = {name: x[:, first : first + step] for name, x in features.items()}
        outputs = run({**block, "state": state})
        state = outputs["new_state"]
        parts.append(outputs)
    count = step * len(parts)
    differences = {
        name: float(
            np.abs(np.concatenate([p[name] for p in parts], 1) - expected[name][:, :count]).max()
        )
        for name in decoder.outputs
    }
    worst = max(differences, key=differences.get)
    if not differences[worst] <= _TOLERANCE:
        raise UserError(
            f"what was written gives another {worst} than the model (by {differences[worst]:.2g}); "
            "settings of exp_sigmoid or scale_fn other than the usual ones cannot be exported"
        )
    return differences


def describe(trained: Any, decoder: StatelessDecoder, frames: int | None) -> dict[str, Any]:
    """What a program must know to use the file, as JSON can hold it."""
    rates = trained.model.rates
    length = frames or "any"
    return {
        "sample_rate": rates.sample_rate,
        "frame_rate": rates.decoder_frame_rate,
        "samples_per_frame": rates.hop_length,
        "inputs": {
            name: {"shape": [1, length, channels], "unit": unit}
            for name, (channels, unit) in decoder.inputs.items()
        }
        | {"state": {"shape": [1, decoder.state_size], "unit": "", "at the start": "zeros"}},
        "outputs": {
            name: {"shape": [1, length, channels]} for name, channels in decoder.outputs.items()
        }
        | {"new_state": {"shape": [1, decoder.state_size]}},
        "loudness_convention": trained.convention,
        "power_window_length": trained.analysis["power_window_length"],
        "measured_at_hz": 16000,
        "statistics": {
            key: value
            for key, value in (trained.statistics or {}).items()
            if isinstance(value, float)
        },
    }


def _room(model):
    """Impulse response `[samples]` of the model's room with the direct sound; None without one."""
    for processor in model.processor_group.processors:
        if isinstance(processor, effects.Room) and processor.trainable_room:
            controls = processor.get_controls(keras.ops.zeros((1, 1)))
            ir = keras.ops.convert_to_numpy(effects.mask_dry(controls["ir"]))[0]
            ir[0] = float(processor.add_dry)
            return ir
    return None
