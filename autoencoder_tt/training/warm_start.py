"""Trainings that begin from a model's weights."""

from collections.abc import Sequence
from pathlib import Path

from audio_tt import settings
from audio_tt.training.run_directory import RunDirectory
from autoencoder_tt.trained import catalogue, files, loading


def read_settings(
    run_path: str | Path,
    source: str | Path | None,
    default_files: Sequence[str],
    gin_files: Sequence[str],
    gin_params: Sequence[str],
) -> Path | None:
    """Reads what a training begins with, and then what the command line says.

    That is what the run itself has, or else the model that it begins from (both also as the
    original leaves them, with `parameters.pkl`), or else `default_files`.

    Args:
      run_path: where the run is or will be.
      source: a model to begin from, see `loading.load`; None for none.
      default_files: of a new run.
      gin_files: of the command line.
      gin_params: the same.

    Returns:
      The file of weights that a new run begins from; None for random ones.

    Raises:
      UserError: there is no such model, or a setting cannot be read.
    """
    run_path = Path(run_path)
    start = None
    if source is not None:
        start = files.weights_of(catalogue.find(source))
    elif (run_path / files.WEIGHTS).is_file() and not RunDirectory(run_path).has_state:
        start = run_path / files.WEIGHTS
    places = [run_path, *([start.parent] if start else [])]
    for place in places:
        if any((place / name).is_file() for name in (files.SETTINGS, files.PARAMETERS)):
            loading.read_settings(place, gin_files, gin_params, default_files)
            return start
    settings.parse_gin([*default_files, *gin_files], gin_params)
    return start
