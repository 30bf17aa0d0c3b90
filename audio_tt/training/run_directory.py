"""A run directory: everything one training leaves behind, enough to go on after a kill.

    operative_config.gin   the settings that rebuild the model
    state.h5               the full state for resuming: model, optimiser, random state, step
    history.csv, .png      the figures of every epoch or step, and their plot
    samples/               what the model sounded like on the way
    events.out.tfevents.*  the same figures for TensorBoard, where that is installed

Every file is written beside its place and moved there when it is whole.
"""

import contextlib
import csv
import json
import numbers
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.files.text import read_text
from audio_tt.training.events import EventWriter

GIN_FILE = "operative_config.gin"
STATE_FILE = "state.h5"
_STEP_COLUMNS = ("step", "epoch")


class RunDirectory:
    """The folder of one run; it is made when the first file is written.

    Attributes:
      path: The folder.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        if self.path.exists() and not self.path.is_dir():
            raise UserError(f"{path} is a file; name a folder for the run")
        self._events = EventWriter(self.path)

    @property
    def has_state(self) -> bool:
        """Whether a training can go on from here."""
        return (self.path / STATE_FILE).is_file()

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps a second process from training in the same folder while the block runs.

        The system drops the lock when the process ends, however it ends, so none is ever left over.

        Raises:
          UserError: Another process holds the lock.
        """
        try:
            import fcntl
        except ImportError:  # Windows
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / ".lock", "a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                file.seek(0)
                owner = file.read().strip() or "unknown"
                raise UserError(f"process {owner} is training in {self.path}") from error
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield
            file.truncate(0)

    def write_gin(self) -> Path:
        """Writes the settings used so far; call it after the model was built.

        Returns:
          The path of the file.
        """
        from audio_tt.settings import operative_gin

        with replacing(self.path / GIN_FILE) as temporary:
            temporary.write_text(operative_gin(), "utf-8")
        return self.path / GIN_FILE

    def append_history(self, row: Mapping[str, float | None]) -> None:
        """Adds one row of figures to history.csv, and to TensorBoard's events.

        Rows of the same or a later step are dropped first: a resumed run that repeats steps after
        its last saved state does not list them twice.

        Args:
          row: Figures by name; the first is "step" or "epoch". Rows may have different columns. One
            that is None has a column and no value.
        """
        key = next(iter(row))
        if key not in _STEP_COLUMNS:
            raise ValueError(f"the first figure of a row is step or epoch, not {key}")
        rows = [old for old in self.history() if old[key] < row[key]] + [dict(row)]
        columns = list(dict.fromkeys(name for old in [row, *rows] for name in old))
        with replacing(self.path / "history.csv") as temporary:
            with open(temporary, "w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows({k: _plain(v) for k, v in old.items()} for old in rows)
        figures = {name: value for name, value in row.items() if name != key and value is not None}
        self._events.write(int(row[key]), figures)

    def history(self) -> list[dict[str, float]]:
        """Returns the rows of history.csv, oldest first; a figure that a row lacks is left out."""
        path = self.path / "history.csv"
        if not path.exists():
            return []
        try:
            rows = [
                {name: _number(text) for name, text in row.items() if text}
                for row in csv.DictReader(read_text(path).splitlines())
            ]
        except (ValueError, TypeError, AttributeError) as error:
            raise UserError(f"{path} is damaged; move it away to start a new one") from error
        return rows

    def plot_history(self) -> Path:
        """Draws history.csv into history.png and returns its path."""
        from audio_tt.plots import charts

        charts.history(self.path / "history.png", self.history())
        return self.path / "history.png"

    def sample_path(self, step: int, name: str) -> Path:
        """Returns where a sample of this step belongs, as in samples/000300/flute.wav."""
        folder = self.path / "samples" / f"{step:06d}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def save_state(self, variables: Sequence[Any], step: int, **metadata: Any) -> None:
        """Saves everything a resume needs as state.h5, in place of the state before.

        Args:
          variables: Keras variables in a fixed order: those of the model, of the (built) optimisers
            and the states of the seed generators.
          step: How many steps or epochs are done.
          **metadata: Whatever else is to be remembered, as JSON can hold it.
        """
        import h5py
        import numpy as np

        with replacing(self.path / STATE_FILE) as temporary, h5py.File(temporary, "w") as file:
            file["metadata"] = json.dumps({"step": step, **metadata})
            for index, variable in enumerate(variables):
                value = np.asarray(variable)
                is_native = value.dtype.kind in "biuf"
                dataset = file.create_dataset(
                    _tensor_name(index), data=value if is_native else value.astype("float32")
                )
                dataset.attrs["path"] = _path_of(variable)

    def load_state(self, variables: Sequence[Any]) -> dict[str, Any] | None:
        """Puts the saved state back into the variables, all of them or none.

        Args:
          variables: As given to `save_state`, built and in the same order.

        Returns:
          The metadata with its "step", or None when there is no saved state.

        Raises:
          UserError: The state is damaged or belongs to another model; names the first tensor that
            does not fit.
        """
        import h5py

        path = self.path / STATE_FILE
        if not path.exists():
            return None
        try:
            with h5py.File(path, "r") as file:
                metadata = json.loads(file["metadata"][()])
                _check_fit(path, file, variables)
                values = [file[_tensor_name(index)][()] for index in range(len(variables))]
        except (OSError, KeyError, ValueError) as error:
            raise UserError(f"{path} is damaged; move it away to start from the weights") from error
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value.reshape(variable.shape))
        return metadata


def _check_fit(path: Path, file: Any, variables: Sequence[Any]) -> None:
    from audio_tt.models.weights_keras3 import fits

    saved = len(file.keys()) - 1
    advice = "train with the same settings or in another run directory"
    for index, variable in enumerate(variables[:saved]):
        dataset = file[_tensor_name(index)]
        if not fits(dataset.shape, variable.shape):
            raise UserError(
                f"{path} belongs to another model: tensor {index} ({_path_of(variable)}) is "
                f"{dataset.shape} there and {tuple(variable.shape)} here; {advice}"
            )
    if saved != len(variables):
        raise UserError(
            f"{path} belongs to another model: {saved} tensors there and {len(variables)} here; "
            f"{advice}"
        )


def _tensor_name(index: int) -> str:
    return f"tensor_{index:05d}"


def _path_of(variable: Any) -> str:
    return str(getattr(variable, "path", getattr(variable, "name", "")))


def _plain(value: Any) -> float | int | str:
    if value is None:
        return ""
    return int(value) if isinstance(value, numbers.Integral) else float(value)


def _number(text: str) -> float | int:
    return int(text) if text.lstrip("-").isdigit() else float(text)
