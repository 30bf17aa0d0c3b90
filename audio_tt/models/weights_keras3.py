"""The layout of Keras 3's `Model.save_weights`, checked before Keras reads it."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from audio_tt.errors import UserError

if TYPE_CHECKING:
    import h5py


def check_finite(path: str | Path, name: str, dataset: Any) -> None:
    """Raises UserError if a tensor holds values that are not finite."""
    value = dataset[()]
    if np.issubdtype(value.dtype, np.inexact) and not np.isfinite(value).all():
        raise UserError(f"{path} is damaged: {name} holds values that are not finite")


def misfit(
    path: str | Path, name: str, found: Sequence[int], wanted: Sequence[int], variable: Any
) -> UserError:
    """The UserError that names a tensor and both its shapes."""
    return UserError(
        f"{path} does not fit the model: {name} has shape {tuple(found)}, "
        f"the model's {variable} has {tuple(wanted)}"
    )


def fits(stored: Sequence[int], wanted: Sequence[int]) -> bool:
    """Whether a tensor of one shape holds the values of another.

    A convolution over time may be stored as the one matrix that it multiplies by,
    `[width * channels, filters]`.
    """
    stored, wanted = tuple(stored), tuple(wanted)
    return stored in (wanted, (wanted[0] * wanted[1], wanted[2]) if len(wanted) == 3 else wanted)


def datasets_of(file: Any) -> dict[str, "h5py.Dataset"]:
    """{path: dataset} of the model's variables."""
    import h5py

    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and "vars" in name.split("/")[:-1]:
            if not name.startswith("optimizer/"):
                found[name] = item

    file.visititems(visit)
    return found


def check(path: str | Path, file: Any, model: Any) -> None:
    """Compares the file with one that the model itself writes."""
    import h5py

    stored = datasets_of(file)
    with tempfile.TemporaryDirectory() as folder:
        own = Path(folder) / "own.weights.h5"
        model.save_weights(own)
        with h5py.File(own, "r") as template:
            wanted = {name: dataset.shape for name, dataset in datasets_of(template).items()}
    for name, shape in wanted.items():
        if name not in stored:
            raise UserError(
                f"{path} does not fit the model: it has no {name}, which the model has with "
                f"shape {shape}"
            )
        if stored[name].shape != shape:
            raise misfit(path, name, stored[name].shape, shape, name)
    for name, dataset in stored.items():
        if name not in wanted:
            raise UserError(
                f"{path} does not fit the model: {name} of shape {dataset.shape} has no place in it"
            )
        check_finite(path, name, dataset)


def write(model: Any, path: str | Path, dtype: str | None) -> None:
    """Writes the model's weights, floating-point ones as dtype unless that is None."""
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        written = Path(folder) / "model.weights.h5"
        model.save_weights(written)
        if dtype is not None:
            _copy_cast(written, path, dtype)
        else:
            os.replace(written, path)


def _copy_cast(source, target, dtype):
    """Copies an HDF5 file with its floating-point datasets stored as dtype."""
    import h5py

    with h5py.File(source, "r") as old, h5py.File(target, "w") as new:
        new.attrs.update(old.attrs)

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                is_float = np.issubdtype(item.dtype, np.floating)
                copy = new.create_dataset(name, data=item[()], dtype=dtype if is_float else None)
            else:
                copy = new.require_group(name)
            copy.attrs.update(item.attrs)

        old.visititems(visit)


def load(path: str | Path, model: Any) -> None:
    """Lets Keras read the file, whatever its name ends in."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "model.weights.h5"
        shutil.copyfile(path, copy)  # not every system has links
        model.load_weights(copy)
