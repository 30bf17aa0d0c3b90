"""The layout in which Keras 2 saved weights: a group for each layer of the model.

Root attributes `layer_names`, `backend` and `keras_version`; in each group `weight_names`, in the
order in which Keras 2 set them: a layer's trainable tensors, then the others (hdf5_format.py of
Keras 2.2.4).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audio_tt import compat
from audio_tt.errors import UserError
from audio_tt.models.weights_keras3 import fits, misfit

if TYPE_CHECKING:
    import h5py
    import keras

_ROOT = "top_level_model_weights"  # Keras 2's group for weights that belong to no layer
_ATTRIBUTE_BYTES = 64000  # HDF5 holds no attribute larger than 64 KiB; Keras 2 splits it


def root_of(file: Any) -> "h5py.Group | None":
    """The group that lists the layers: of a weights file the file itself; None if there is none."""
    for root in (file, file.get("model_weights")):
        if root is not None and _attribute(root, "layer_names") is not None:
            return root
    return None


def _array(variable, dtype):
    import keras

    value = keras.ops.convert_to_numpy(variable)
    if keras.backend.is_float_dtype(variable.dtype):
        return value.astype(dtype or ("float32" if variable.dtype == "bfloat16" else value.dtype))
    return value


def _attribute(group, name):
    """A list of names, that may be split into NAME0, NAME1, ...; None if it is absent."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    if not parts:
        return None
    return [n.decode() if isinstance(n, bytes) else str(n) for part in parts for n in part]


def groups_of(path: str | Path, root: Any) -> list[tuple[str, list[str]]]:
    """[(group, [weight names])] of the layers that have weights, in the order of the model."""
    groups = []
    for name in [*_attribute(root, "layer_names"), _ROOT]:
        names = (_attribute(root[name], "weight_names") or []) if name in root else []
        for weight in names:
            if weight not in root[name]:
                raise UserError(f"{path} is damaged: {name}/{weight} is listed but missing")
        if names:
            groups.append((name, names))
    return groups


def _layers(model):
    """[(group name, layer)]: the layers of the model, and the model itself for what it owns."""
    used = set()
    return [*((_unique(layer.name, used), layer) for layer in model.layers), (_ROOT, model)]


def _unique(name, used):
    number, fresh = 0, name
    while fresh in used:
        number += 1
        fresh = f"{name}_{number}"
    used.add(fresh)
    return fresh


def _owned(layer, prefix, deep=True):
    """Trainable and other variables of a layer with their names, those of its sub-layers included.

    Which are trainable is decided by how they were made, not by whether they are frozen now.
    """
    trainable, others = (
        [(f"{prefix}{variable.name}:0", variable) for variable in variables]
        for variables in compat.own_variables(layer)
    )
    for inner in compat.sublayers(layer) if deep else ():
        more = _owned(inner, f"{prefix}{inner.name}/")
        trainable += more[0]
        others += more[1]
    return trainable, others


def _named_variables(model):
    """[(group name, [(weight name, variable)])] as Keras 2 orders them, weightless layers too."""
    import keras

    groups, seen = [], set()
    for group, layer in _layers(model):
        is_functional = isinstance(layer, keras.Model) and not isinstance(layer, keras.Sequential)
        prefix = "" if is_functional else f"{layer.name}/"
        trainable, others = _owned(layer, prefix, deep=layer is not model)
        used, rows = set(), []
        for name, variable in trainable + others:
            if id(variable) not in seen:
                seen.add(id(variable))
                stem = _unique(name.removesuffix(":0"), used)
                rows.append((f"{stem}:0", variable))
        if rows or layer is not model:
            groups.append((group, rows))
    return groups


def named_variables(model: Any) -> list[tuple[str, "keras.Variable"]]:
    """[(path of the tensor in a file of this layout, variable)]."""
    return [
        (f"{group}/{name}", variable)
        for group, rows in _named_variables(model)
        for name, variable in rows
    ]


def write(model: Any, path: str | Path, dtype: str | None) -> None:
    """Writes the model's weights, floating-point ones as dtype unless that is None."""
    import h5py
    import keras

    groups = _named_variables(model)
    with h5py.File(path, "w") as file:
        _set_attribute(file, "layer_names", [name for name, _ in groups if name != _ROOT])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = keras.__version__.encode()
        for name, rows in groups:
            group = file.create_group(name)
            _set_attribute(group, "weight_names", [weight for weight, _ in rows])
            for weight, variable in rows:
                group.create_dataset(weight, data=_array(variable, dtype))


def _set_attribute(group, name, values):
    encoded = np.array([value.encode() for value in values])
    parts = int(np.ceil(encoded.nbytes / _ATTRIBUTE_BYTES)) or 1
    if parts == 1:
        group.attrs[name] = encoded
        return
    for i, part in enumerate(np.array_split(encoded, parts + 1)):
        group.attrs[f"{name}{i}"] = part


def match(
    path: str | Path, root: Any, model: Any
) -> list[tuple[str, "h5py.Dataset", "keras.Variable"]]:
    """[(name in the file, dataset, variable)], every shape checked."""
    stored = groups_of(path, root)
    wanted = [(group, rows) for group, rows in _named_variables(model) if rows]
    pairs = []
    for (group, names), (layer, rows) in zip(stored, wanted, strict=False):
        datasets = [root[group][name] for name in names]
        variables = _in_file_order(names, datasets, rows)
        for name, dataset, (own, variable) in zip(names, datasets, variables, strict=False):
            if not fits(dataset.shape, variable.shape):
                raise misfit(path, f"{group}/{name}", dataset.shape, variable.shape, own)
            pairs.append((f"{group}/{name}", dataset, variable))
        if len(names) > len(rows):
            raise UserError(
                f"{path} does not fit the model: {group}/{names[len(rows)]} of shape "
                f"{datasets[len(rows)].shape} has no place in the model's layer {layer}"
            )
        if len(names) < len(rows):
            own, variable = variables[len(names)]
            raise UserError(
                f"{path} does not fit the model: {group} has no tensor for the model's {own} of "
                f"shape {tuple(variable.shape)}"
            )
    _check_layer_count(path, root, stored, wanted)
    return pairs


def _check_layer_count(path, root, stored, wanted):
    count = min(len(stored), len(wanted))
    counts = f"({len(stored)} layers with weights in the file, {len(wanted)} in the model)"
    if len(stored) > count:
        group, names = stored[count]
        raise UserError(
            f"{path} does not fit the model: {group}/{names[0]} of shape "
            f"{root[group][names[0]].shape} has no place in it {counts}"
        )
    if len(wanted) > count:
        own, variable = wanted[count][1][0]
        raise UserError(
            f"{path} does not fit the model: it has no tensor for {own} of shape "
            f"{tuple(variable.shape)} {counts}"
        )


def _in_file_order(names, datasets, rows):
    """A layer's rows in Keras 2's order, or sub-layer by sub-layer where only that fits."""
    stems = [row[0].rsplit("/", 1)[0] for row in rows]
    grouped = sorted(rows, key=lambda row: stems.index(row[0].rsplit("/", 1)[0]))
    for order in (rows, grouped):
        tails = [_tail(name) == _tail(own) for name, (own, _) in zip(names, order, strict=False)]
        shapes = [fits(d.shape, v.shape) for d, (_, v) in zip(datasets, order, strict=False)]
        if all(tails) and all(shapes):
            return order
    return rows


def _tail(name):
    return name.rsplit("/", 1)[-1].split(":")[0]
