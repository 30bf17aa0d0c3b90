"""From what training left to a model that plays."""

import json
from collections.abc import Sequence
from pathlib import Path

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from audio_tt.playing.origin import Origin
from autoencoder_tt.configurables import design as designs
from autoencoder_tt.published.parameters import read_parameters
from autoencoder_tt.trained import catalogue, files

PUBLISHED = "autoencoder/published.gin"


def load(
    model: str | Path, gin_files: Sequence[str] = (), gin_params: Sequence[str] = ()
) -> designs.TrainedModel:
    """Builds a model and loads its weights; nothing is read from gin afterwards.

    Args:
      model: a folder as training leaves it, or as the original does; the weights in one; or the
        name of an included instrument.
      gin_files: settings on top of the model's own.
      gin_params: single settings on top of those.

    Raises:
      UserError: something is missing or does not fit.
    """
    path = files.weights_of(catalogue.find(model))
    folder = path.parent
    read_settings(folder, gin_files, gin_params)
    try:
        design = designs.get_design()
    except (TypeError, ValueError) as error:
        raise UserError(f"{folder}: {str(error).splitlines()[0]}") from error
    settings.refuse_unused()
    weights.load_weights(design.network, path)
    statistics = _read_statistics(folder / files.STATISTICS)
    sources = (path, folder / files.STATISTICS) if statistics else (path,)
    origin = Origin(sources, settings.operative_gin())
    return designs.TrainedModel(str(model), design, statistics, origin)


def read_settings(
    folder: Path,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    default_files: Sequence[str] = (),
) -> None:
    """Reads the settings that rebuild a folder's model.

    Args:
      folder: with settings, or with the original's sizes, to which the published settings belong.
      gin_files: settings on top of those.
      gin_params: single settings on top of those.
      default_files: for what the folder's settings do not say.

    Raises:
      UserError: there are none, or they cannot be read.
    """
    if (folder / files.SETTINGS).is_file():
        own = [*default_files, folder / files.SETTINGS]
    elif (folder / files.PARAMETERS).is_file():
        own = [PUBLISHED]
        sizes = read_parameters(folder / files.PARAMETERS)
        parts = (f"convolutional_autoencoder.{name}={value!r}" for name, value in sizes.items())
        gin_params = [*parts, *gin_params]
    else:
        raise UserError(f"{folder}: not a model, {files.SETTINGS} or {files.PARAMETERS} is missing")
    settings.parse_gin([*own, *gin_files], gin_params)


def load_player(
    model: str | Path,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    pitch: dict | None = None,
    seed: int = 0,
) -> designs.InstrumentPlayer:
    """`load` and its `TrainedModel.player`, as `audio_tt.playing.conversion.play_all` wants it."""
    return load(model, gin_files, gin_params).player(pitch, seed)


def _read_statistics(path):
    if not path.is_file():
        return None
    try:
        return {key: float(value) for key, value in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged; copy it again from where the model is from") from error
