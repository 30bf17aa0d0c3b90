"""The instruments that come with the package and the user's own, and where a model is found."""

import os
from pathlib import Path

from audio_tt.models.catalogue import Catalogue
from pix2pix_tt.trained.files import GENERATOR_FILE

MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", GENERATOR_FILE)
instruments, folder = MODELS.instruments, MODELS.folder


def find_weights(model: str | os.PathLike) -> Path:
    """The file of weights of a model.

    Args:
      model: the folder of a model, the name of an instrument, or such a file, see `Catalogue.find`.

    Raises:
      UserError: there is none.
    """
    path = MODELS.find(model)
    return path if path.is_file() else path / GENERATOR_FILE
