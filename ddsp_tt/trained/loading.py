"""From a folder that training left to a model that plays."""

import dataclasses
from pathlib import Path

import keras

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights
from ddsp_tt.configurables import loop, models
from ddsp_tt.data.preparation import STATISTICS_FILE
from ddsp_tt.features import loudness_scales, statistics
from ddsp_tt.magenta import folders
from ddsp_tt.trained import catalogue

GIN_FILE = "operative_config.gin"


@dataclasses.dataclass
class TrainedModel:
    """A model that is ready to play.

    Attributes:
      name: of its folder.
      model: an `Autoencoder`, or another of `ddsp_tt.models`.
      statistics: of its training data, see `features.statistics`; None where the folder has none.
    """

    name: str
    model: models.Autoencoder
    statistics: dict | None

    @property
    def analysis(self):
        """What it wants measured, as keyword arguments of `features.extract`."""
        return {
            "convention": self.convention,
            "rates": self.model.rates,
            "power_window_length": getattr(self.model.preprocessor, "power_window_length", None),
        }

    @property
    def convention(self):
        """Of the loudness that the model learned from, see `ddsp_tt.features.loudness_scales`."""
        return getattr(self.model.preprocessor, "loudness_convention", loudness_scales.DEFAULT)


def load(folder, gin_files=(), gin_params=(), *, skip_unknown=False):
    """Builds a model from its own gin file and loads its weights.

    Args:
      folder: holds `model.h5`, `operative_config.gin` and, for fitting, `dataset_statistics.json`,
        as training leaves them; or is one of Magenta's, see `ddsp_tt.magenta.folders`; or the
        name of an instrument of `ddsp_tt.trained.catalogue`.
      gin_files: further settings, read after the model's own.
      gin_params: single settings, which win over both.
      skip_unknown: of `audio_tt.settings.parse_gin`, for Magenta's own files among them.

    Raises:
      UserError: something is missing or does not fit.
    """
    if not Path(folder).is_dir() and str(folder) in catalogue.instruments():
        folder = catalogue.folder(str(folder))
    folder = Path(folder)
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such folder with a {loop.MODEL_FILE}, and no such instrument; there "
            f"are: {', '.join(catalogue.instruments())}"
        )
    if not (folder / loop.MODEL_FILE).is_file() and folders.is_magenta(folder):
        return TrainedModel(folder.name, *folders.load(folder, gin_files, gin_params))
    for name in (GIN_FILE, loop.MODEL_FILE):
        if not (folder / name).is_file():
            raise UserError(f"{folder}: not a model, {name} is missing")
    files = (folder / GIN_FILE, *gin_files)
    settings.parse_gin(files, gin_params, skip_unknown=skip_unknown)
    model = build(models.get_model())
    weights.load_weights(model, folder / loop.MODEL_FILE)
    has_statistics = (folder / STATISTICS_FILE).is_file()
    table = statistics.load_json(folder / STATISTICS_FILE) if has_statistics else None
    return TrainedModel(folder.name, model, table)


def export(run_dir, folder):
    """Copies what a model needs from a run directory to a folder that `load` takes."""
    for name in (loop.MODEL_FILE, GIN_FILE, STATISTICS_FILE):
        with replacing(Path(folder) / name) as temporary:
            temporary.write_bytes((Path(run_dir) / name).read_bytes())


def build(model):
    """Makes a model's variables by tracing it, which computes nothing; returns the model."""
    n_frames = model.crop_frames or 16
    frames = keras.KerasTensor((1, n_frames))
    audio, audio_16k = (
        keras.KerasTensor((1, n_frames * hop_length))
        for hop_length in (model.rates.hop_length, model.rates.measuring_hop_length)
    )
    model({"f0_hz": frames, "loudness_db": frames, "audio": audio, "audio_16k": audio_16k})
    return model
