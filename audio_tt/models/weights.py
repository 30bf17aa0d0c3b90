"""Weights of Keras models in `.h5` files: what Keras 2 wrote, and what Keras 3 writes.

The Keras 2 layout has a group for each layer of the model, in which the tensors stand in the order
of the attribute `weight_names`; it is the layout of the published weights, and that which the
original repositories load. The Keras 3 layout is that of `Model.save_weights`. Either kind of file
is checked, every tensor of it, before the first variable changes.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights_keras2, weights_keras3

if TYPE_CHECKING:
    import numpy as np

_LAYOUTS = ("keras2", "keras3")


def save_weights(
    model: Any, path: str | Path, layout: str = "keras2", dtype: str | None = None
) -> None:
    """Writes a model's weights; the file is whole or not there.

    Args:
      model: a built `keras.Model` of any kind.
      path: the file to write; any name.
      layout: "keras2" or "keras3".
      dtype: how floating-point tensors are stored, as "float16", which halves the file; None keeps
        the variables' own.

    Raises:
      ValueError: unknown layout, or a model that is not built.
      UserError: the file cannot be written.
    """
    if layout not in _LAYOUTS:
        raise ValueError(f"layout must be one of {_LAYOUTS}, got {layout!r}")
    _check_built(model)
    with replacing(path) as temporary:
        if layout == "keras2":
            weights_keras2.write(model, temporary, dtype)
        else:
            weights_keras3.write(model, temporary, dtype)


def load_weights(model: Any, path: str | Path) -> None:
    """Reads a file of either layout into a model, or leaves the model as it is.

    Layers are matched by position among those that have weights; in a layer of the Keras 2 layout,
    tensors stand as Keras 2 ordered them: the trainable ones, then the others. Values are cast to
    each variable's dtype.

    Args:
      model: a built `keras.Model` of any kind.
      path: the file.

    Raises:
      ValueError: the model is not built.
      UserError: no such file, not a file of Keras weights, or one that does not fit the model or
        holds values that are not finite; the message names the first such tensor.
    """
    _check_built(model)
    with _opened(path) as file:
        root = weights_keras2.root_of(file)
        if root is not None:
            pairs = weights_keras2.match(path, root, model)
            for name, dataset, _ in pairs:
                weights_keras3.check_finite(path, name, dataset)
            for _, dataset, variable in pairs:
                variable.assign(dataset[()].reshape(variable.shape))
            return
        weights_keras3.check(path, file, model)
    weights_keras3.load(path, model)


def load_fitting(model: Any, path: str | Path) -> tuple[int, list[str]]:
    """Reads those tensors of a file of the Keras 2 layout that a model has by name and shape.

    Args:
      model: a built `keras.Model` of any kind.
      path: the file.

    Returns:
      (how many tensors were taken, names of the model's tensors that were not).

    Raises:
      ValueError: the model is not built.
      UserError: no such file, not a file of Keras weights, values that are not finite, or nothing
        that fits.
    """
    _check_built(model)
    stored = read_tensors(path)
    taken, left = [], []
    for name, variable in weights_keras2.named_variables(model):
        value = stored.get(name)
        if value is None or value.shape != tuple(variable.shape):
            left.append(name)
            continue
        weights_keras3.check_finite(path, name, value)
        taken.append((variable, value))
    if not taken:
        raise UserError(f"{path}: holds no tensor that this model has by name and shape")
    for variable, value in taken:
        variable.assign(value)
    return len(taken), left


def read_tensors(path: str | Path) -> dict[str, "np.ndarray"]:
    """Reads all tensors of a file of either layout.

    Returns:
      {path of the dataset in the file: array}, in the order of the file's own lists (Keras 2) or by
      name (Keras 3). Dataset paths of the Keras 2 layout are LAYER/WEIGHT_NAME.

    Raises:
      UserError: no such file, or not a file of Keras weights.
    """
    with _opened(path) as file:
        return {name: dataset[()] for name, dataset in _datasets(path, file).items()}


def read_shapes(path: str | Path) -> dict[str, tuple[int, ...]]:
    """Shapes of all tensors of a file of either layout, in the order of `read_tensors`.

    Returns:
      {path of the dataset in the file: tuple of int}.

    Raises:
      UserError: no such file, or not a file of Keras weights.
    """
    with _opened(path) as file:
        return {name: dataset.shape for name, dataset in _datasets(path, file).items()}


def _check_built(model):
    if not model.built:
        raise ValueError(f"build the model {model.name!r} first: it has no variables yet")


def _datasets(path, file):
    """{path in the file: dataset} in the order of the file's own lists."""
    root = weights_keras2.root_of(file)
    if root is None:
        return weights_keras3.datasets_of(file)
    return {
        f"{group}/{name}": root[group][name]
        for group, names in weights_keras2.groups_of(path, root)
        for name in names
    }


def _opened(path):
    """Opens an HDF5 file that holds Keras weights."""
    import h5py

    if not os.path.exists(path):
        raise UserError(f"{path}: no such file")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise UserError(f"{path} is not an HDF5 file of weights, or is damaged") from error
    if weights_keras2.root_of(file) is None and not weights_keras3.datasets_of(file):
        file.close()
        raise UserError(f"{path} is an HDF5 file, but holds no Keras weights")
    return file
