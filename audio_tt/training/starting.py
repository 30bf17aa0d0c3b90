"""Where the weights of a new training come from."""

from pathlib import Path
from typing import Any

from absl import logging

from audio_tt.errors import UserError
from audio_tt.models import weights


def begin(model: Any, path: str | Path, is_own: bool) -> None:
    """Gives a model that is built the weights of a file, and says so.

    Args:
      model: `keras.Model`.
      path: the file.
      is_own: whether it lies in the run directory itself; then all of it must fit, since it will be
        replaced. Of another model those tensors are taken that fit by name and shape.

    Raises:
      UserError: it cannot be read, or does not fit.
    """
    if is_own:
        weights.load_weights(model, path)
        logging.info("begins from %s, as there is no state to go on from", path)
        return
    try:
        weights.load_weights(model, path)
        logging.info("begins from %s", path)
    except UserError:
        taken, left = weights.load_fitting(model, path)
        logging.info("begins from %s: %d tensors taken", path, taken)
        logging.info("new, since it has none of that shape: %s", ", ".join(left))
