"""TensorFlow checkpoints of Magenta's models: their variables, and where each belongs here."""

import re
from collections.abc import Mapping
from pathlib import Path

import keras
import numpy as np

from audio_tt.errors import UserError

_SUFFIX = "/.ATTRIBUTES/VARIABLE_VALUE"
_LAYER = "layer_with_weights"


def find(folder: str | Path) -> str | None:
    """The newest checkpoint of a folder, as the path that precedes `.index`; None without any.

    That is the one which the file `checkpoint` names, if it is there, else the highest number, else
    the latest without a number; `variables/variables` of a SavedModel counts as one.
    """
    folder = Path(folder)
    state = folder / "checkpoint"
    if state.is_file():
        named = re.search(
            r'^model_checkpoint_path:\s*"(.+)"', state.read_text("utf-8", "replace"), re.M
        )
        if named and (folder / f"{Path(named[1]).name}.index").is_file():
            return folder / Path(named[1]).name

    def age(path):
        number = re.search(r"-(\d+)\.index$", path.name)
        return int(number[1]) if number else -1, path.stat().st_mtime

    newest = max(folder.glob("*.index"), key=age, default=None)
    if newest:
        return newest.with_suffix("")
    exported = folder / "variables" / "variables.index"
    return exported.with_suffix("") if exported.is_file() else None


def read(prefix: str) -> dict[str, np.ndarray]:
    """The model's variables in a checkpoint; those of optimisers are left out.

    Args:
      prefix: path that precedes `.index`.

    Returns:
      {name without the suffix that all have in common: array}.

    Raises:
      UserError: TensorFlow is not installed, or a file is missing or damaged.
    """
    try:
        import tensorflow as tf
    except ImportError as error:
        raise UserError(
            f"{prefix}: TensorFlow's checkpoints need tensorflow (pip install tensorflow); "
            "convert it where that is installed"
        ) from error
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        names = [
            name
            for name in reader.get_variable_to_shape_map()
            if name.endswith(_SUFFIX)
            and ".OPTIMIZER_SLOT" not in name
            and not name.startswith(("optimizer/", "save_counter", "step"))
        ]
        return {name.removesuffix(_SUFFIX): reader.get_tensor(name) for name in names}
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise UserError(
            f"{prefix}: not a checkpoint that can be read; are its .index and all of its "
            ".data files there?"
        ) from error


def assign(tensors: Mapping[str, np.ndarray], model: keras.Model, prefix: str) -> None:
    """Puts a checkpoint's tensors into a built model, all of them or none.

    Args:
      tensors: what `read` returned, by today's names or those of before April 2020.
      model: an `Autoencoder` of the same settings.
      prefix: of the checkpoint, for messages.

    Raises:
      UserError: a variable is missing in the checkpoint, is left over, or has another shape.
    """
    places = _exported_places(model) if "dense_out/kernel" in tensors else _places(model)
    if "trainable_variables/0" in tensors:
        tensors = {name.removeprefix("trainable_"): value for name, value in tensors.items()}
    renamed = _names_since_april_2020(model)
    tensors = {renamed(name): value for name, value in tensors.items()}
    for name, variable in places.items():
        if name not in tensors:
            raise UserError(f"{prefix}: {name} is missing, which the settings ask for")
        if tensors[name].shape != tuple(variable.shape):
            raise UserError(
                f"{prefix}: {name} is {tensors[name].shape}, but the settings make it "
                f"{tuple(variable.shape)}"
            )
        if not np.isfinite(tensors[name]).all():
            raise UserError(f"{prefix}: {name} holds values that are not finite")
    left = sorted(set(tensors) - set(places))
    if left:
        raise UserError(f"{prefix}: the settings have no place for {left[0]} ({len(left)} in all)")
    for name, variable in places.items():
        variable.assign(tensors[name])


def _names_since_april_2020(model):
    """Function from a name in a checkpoint, old or not, to the name that it has in `_places`."""
    stacks = {key[0]: i for i, key in enumerate(model.decoder.input_keys)}
    processors = model.processor_group.processors
    roots = {
        f"model/decoder/{letter}_stack/": f"model/decoder/input_stacks/{i}/"
        for letter, i in stacks.items()
    }
    roots |= {
        f"model/processor_group/processors/{i}/": f"model/processor_group/{processor.name}/"
        for i, processor in enumerate(processors)
    }
    roots |= {
        f"model/{part}/rnn/cell/": f"model/{part}/rnn/rnn/cell/" for part in ("decoder", "encoder")
    }

    def renamed(name):
        old = next((root for root in roots if name.startswith(root)), "")
        return roots.get(old, "") + name.removeprefix(old)

    return renamed


def _places(model):
    """{name in a checkpoint of `ddsp_run`: variable}."""
    places = _of_decoder(model.decoder, "model/decoder")
    if model.encoder is not None:
        root = "model/encoder"
        places |= _named(model.encoder.z_norm, f"{root}/z_norm", "scale", "shift")
        places |= _of_rnn(model.encoder.rnn, f"{root}/rnn/rnn/cell")
        places |= _named(model.encoder.dense_out, f"{root}/dense_out", "kernel", "bias")
    for processor in model.processor_group.processors:
        for variable in processor.weights:
            places[f"model/processor_group/{processor.name}/{variable.name}"] = variable
    return places


def _of_decoder(decoder, root):
    places = {}
    for i, stack in enumerate(decoder.input_stacks):
        places |= _of_stack(stack, f"{root}/input_stacks/{i}")
    places |= _of_rnn(decoder.rnn, f"{root}/rnn/rnn/cell")
    places |= _of_stack(decoder.out_stack, f"{root}/out_stack")
    return places | _named(decoder.dense_out, f"{root}/dense_out", "kernel", "bias")


def _of_stack(stack, root):
    """Dense, norm and leaky ReLU in turn; each such three are a layer of the original's."""
    places = {}
    layers = [layer for layer in getattr(stack, "layers", ()) if layer.weights]
    for i in range(0, len(layers), 2):
        here = f"{root}/{_LAYER}-{i // 2}/{_LAYER}"
        places |= _named(layers[i], f"{here}-0", "kernel", "bias")
        places |= _named(layers[i + 1], f"{here}-1", "gamma", "beta")
    return places


def _of_rnn(rnn, root):
    cell = rnn.cell if isinstance(rnn, keras.layers.LSTM) else rnn
    return _named(cell, root, "kernel", "recurrent_kernel", "bias")


def _named(layer, root, *names):
    return {f"{root}/{name}": getattr(layer, name) for name in names}


def _exported_places(model):
    """{name in a SavedModel of the decoder alone: variable}: numbered, then the last layer."""
    decoder = model.decoder
    parts = [*decoder.input_stacks, decoder.rnn, decoder.out_stack]
    ordered = [variable for part in parts for variable in part.weights]
    places = {f"variables/{i}": variable for i, variable in enumerate(ordered)}
    return places | _named(decoder.dense_out, "dense_out", "kernel", "bias")
