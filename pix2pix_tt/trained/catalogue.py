"""The instruments that come with the package and the user's own, and where a model is found."""

import os
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.models.catalogue import Catalogue
from pix2pix_tt.trained.files import GENERATOR_FILE

MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", GENERATOR_FILE)
instruments, folder = MODELS.instruments, MODELS.folder


def find_weights(model: str | os.PathLike) -> Path:
    """The file of weights of a model.

    Args:
      model: the folder of a model, the name of an instrument of the catalogue, or such a file.

    Raises:
      UserError: there is none.
    """
    path = Path(model).expanduser()
    if path.is_file():
        return path
    if (path / GENERATOR_FILE).is_file():
        return path / GENERATOR_FILE
    if str(model) in instruments():
        return folder(str(model)) / GENERATOR_FILE
    if path.is_dir():
        raise UserError(f"{path}: not a model, {GENERATOR_FILE} is missing")
    raise UserError(
        f"{path}: no such model; name a folder with {GENERATOR_FILE}, such a file, or one of "
        f"{', '.join(instruments())}"
    )
