"""From a folder that training left to a model that plays."""

import json
from pathlib import Path

from audio_tt import settings, weights
from audio_tt.errors import UserError
from autoencoder_tt.configurables import designs
from autoencoder_tt.training import STATISTICS_FILE, WEIGHTS_FILE

GIN_FILE = "operative_config.gin"


def load(folder):
    """Builds a model by its own gin file and loads its weights.

    Args:
      folder: with `weights.h5` and `operative_config.gin`, as training leaves it.

    Raises:
      UserError: something is missing or does not fit.
    """
    folder = Path(folder)
    for name in (GIN_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise UserError(f"{folder}: not a model, {name} is missing")
    settings.parse_gin([folder / GIN_FILE], command_line=False)
    design = designs.get_design()
    weights.load_weights(design.network, folder / WEIGHTS_FILE)
    return designs.TrainedModel(str(folder), design, _read_statistics(folder / STATISTICS_FILE))


def _read_statistics(path):
    if not path.is_file():
        return None
    try:
        return {key: float(value) for key, value in json.loads(path.read_text("utf-8")).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} is damaged; copy it again from where the model is from") from error
