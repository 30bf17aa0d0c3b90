"""Trainings that begin from a model's weights."""

from pathlib import Path
from typing import Any

from absl import logging

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.training import run_settings, starting
from audio_tt.training.run_directory import GIN_FILE
from ddsp_tt.magenta import checkpoints, folders
from ddsp_tt.trained import files
from ddsp_tt.trained.files import MODEL_FILE

DEFAULT_SETTINGS = ("ddsp/published.gin",)


def read_settings(
    run_dir: str | Path,
    source: str | Path | None,
    gin_files: list[str],
    gin_params: list[str],
) -> None:
    """Reads what a training begins with, and then what the command line says.

    That is what the run itself has, or else the model that it begins from (both also as Magenta
    leaves them), or else `DEFAULT_SETTINGS`.

    Args:
      run_dir: where the run is or will be.
      source: as of `find`; None for none.
      gin_files: of the command line.
      gin_params: the same.

    Raises:
      UserError: there is no such model, or a setting cannot be read.
    """
    places = [Path(run_dir)]
    if source is not None:
        path = find(source)
        places.append(path if path.is_dir() else path.parent)
    for place in places:
        if (place / GIN_FILE).is_file():
            known = [*run_settings.files(place, DEFAULT_SETTINGS), *gin_files]
            return settings.parse_gin(known, gin_params, passed_over=folders.PASSED_OVER)
        if checkpoints.find(place) is not None:
            return folders.parse(folders.settings_of(place), gin_files, gin_params)
    known = [*DEFAULT_SETTINGS, *gin_files]
    return settings.parse_gin(known, gin_params, passed_over=folders.PASSED_OVER)


def find(source: str | Path) -> Path:
    """The file of weights of an instrument's name, a model folder, or that file itself.

    Of a folder with a checkpoint of Magenta's it is the folder.

    Raises:
      UserError: there is none.
    """
    found = files.find(source)
    if found.weights.is_file():
        return found.weights
    if checkpoints.find(found.folder) is None:
        raise UserError(f"{source}: not a model, {MODEL_FILE} or a checkpoint is missing")
    return found.folder


def begin(model: Any, run_dir: Path, source: str | Path | None) -> None:
    """Gives a model that is built the weights that a new run begins from.

    Those of `source`, as far as names and shapes are the model's own; or else those that are in the
    run directory already, which must fit, as a checkpoint of Magenta's must; or else none.

    Args:
      model: with variables.
      run_dir: where the run is.
      source: as of `find`; None for none.

    Raises:
      UserError: there are no such weights, or they do not fit.
    """
    own = Path(run_dir) / MODEL_FILE
    path = find(source) if source is not None else None
    if path is not None and path.is_file():
        starting.begin(model, path, is_own=False)
    elif path is None and own.is_file():
        starting.begin(model, own, is_own=True)
    elif checkpoints.find(path or run_dir) is not None:
        folder = path or run_dir
        prefix = checkpoints.find(folder)
        folders.check_kind(folder, model)
        checkpoints.assign(checkpoints.read(prefix), model, prefix)
        logging.info("begins from %s, without the state of its optimiser", prefix)
