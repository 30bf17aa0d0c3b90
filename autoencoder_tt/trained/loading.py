"""From a folder that training left to a model that plays."""

import json
from pathlib import Path

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from autoencoder_tt.configurables import designs
from autoencoder_tt.published.parameters import PARAMETERS_FILE, read_parameters
from autoencoder_tt.training.loop import STATISTICS_FILE, WEIGHTS_FILE

GIN_FILE = "operative_config.gin"
PUBLISHED = "autoencoder/published.gin"


def load(folder):
    """Builds a model and loads its weights.

    Args:
      folder: with `weights.h5`, and `operative_config.gin`, as training leaves it, or
        `parameters.pkl` alone, as the original does.

    Returns:
      `designs.TrainedModel`.

    Raises:
      UserError: something is missing or does not fit.
    """
    folder = Path(folder)
    if not (folder / WEIGHTS_FILE).is_file():
        raise UserError(f"{folder}: not a model, {WEIGHTS_FILE} is missing")
    if (folder / GIN_FILE).is_file():
        settings.parse_gin([folder / GIN_FILE])
    elif (folder / PARAMETERS_FILE).is_file():
        settings.parse_gin([PUBLISHED])
        for name, value in read_parameters(folder / PARAMETERS_FILE).items():
            settings.bind(f"convolutional_autoencoder.{name}", value)
    else:
        raise UserError(f"{folder}: not a model, {GIN_FILE} or {PARAMETERS_FILE} is missing")
    try:
        design = designs.get_design()
    except ValueError as error:
        raise UserError(f"{folder}: {error}") from error
    weights.load_weights(design.network, folder / WEIGHTS_FILE)
    return designs.TrainedModel(str(folder), design, _read_statistics(folder / STATISTICS_FILE))


def _read_statistics(path):
    if not path.is_file():
        return None
    try:
        return {key: float(value) for key, value in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged; copy it again from where the model is from") from error
