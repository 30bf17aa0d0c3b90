"""Trainings that begin from a model's weights."""

from pathlib import Path

from absl import logging

from audio_tt.errors import UserError
from audio_tt.models import weights
from ddsp_tt.trained import catalogue
from ddsp_tt.trained.files import MODEL_FILE


def find(source: str | Path) -> Path:
    """The file of weights of an instrument's name, a model folder, or that file itself.

    Raises:
      UserError: there is none.
    """
    path = Path(source)
    if not path.exists() and str(source) in catalogue.instruments():
        path = catalogue.folder(str(source))
    if path.is_dir():
        path = path / MODEL_FILE
    if not path.is_file():
        raise UserError(
            f"{source}: no file of weights, no folder with a {MODEL_FILE}, and no such instrument; "
            f"there are: {', '.join(catalogue.instruments())}"
        )
    return path


def begin(model, run_dir: Path, source: str | Path | None) -> None:
    """Gives a model that is built the weights that a new run begins from.

    Those of `source`, as far as names and shapes are the model's own; or else those that are in the
    run directory already, which must fit; or else none.

    Args:
      model: with variables.
      run_dir: where the run is.
      source: as of `find`; None for none.

    Raises:
      UserError: there are no such weights, or they do not fit.
    """
    own = Path(run_dir) / MODEL_FILE
    if source is not None:
        path = find(source)
        taken, left = weights.load_fitting(model, path)
        logging.info("begins from %s: %d tensors taken", path, taken)
        if left:
            logging.info("new, since it has none of that shape: %s", ", ".join(left))
    elif own.is_file():
        weights.load_weights(model, own)
        logging.info("begins from %s, as there is no state to go on from", own)
