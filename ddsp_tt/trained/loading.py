"""From a folder that training left to a model that plays."""

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt import settings
from audio_tt.models import weights
from audio_tt.playing.origin import Origin
from ddsp_tt.configurables import models
from ddsp_tt.features import loudness_scales, statistics
from ddsp_tt.features.rates import Rates
from ddsp_tt.magenta import folders
from ddsp_tt.models.tracing import build
from ddsp_tt.trained import files

__all__ = ["TrainedModel", "build", "load"]


@dataclasses.dataclass
class TrainedModel:
    """A Keras model that is ready to play.

    Attributes:
      name: of its folder.
      model: an `Autoencoder`, or another of `ddsp_tt.models`.
      statistics: of its training data, see `features.statistics`; None where the folder has none.
      origin: what it was loaded from; None of one that was made in memory.
    """

    name: str
    model: models.Autoencoder
    statistics: dict | None
    origin: Origin | None = None

    @property
    def rates(self) -> Rates:
        """Of its audio and its frames."""
        return self.model.rates

    @property
    def reads_features(self) -> bool:
        """Whether it plays pitch and loudness, which can be fitted to it."""
        return self.model.preprocessor is not None

    @property
    def reads_audio(self) -> bool:
        """Whether it needs the recording itself, alone or beside pitch and loudness."""
        return self.model.preprocessor is None or self.model.encoder is not None

    @property
    def analysis(self) -> dict[str, Any]:
        """What it wants measured, as keyword arguments of `features.extraction.extract`."""
        return {
            "convention": self.convention,
            "rates": self.model.rates,
            "power_window_length": getattr(self.model.preprocessor, "power_window_length", None),
        }

    @property
    def convention(self) -> str:
        """Of the loudness that the model learned from, see `ddsp_tt.features.loudness_scales`."""
        return getattr(self.model.preprocessor, "loudness_convention", loudness_scales.DEFAULT)

    def as_engine(self) -> Any:
        """The same in numpy, a `playing.engine.instrument.Instrument`, as live sound needs it.

        Raises:
          UserError: the model has a part that only Keras plays.
        """
        from ddsp_tt.playing.engine import keras_model

        return keras_model.describe(self)

    def render(self, features: dict, seed: int = 0) -> Iterator[np.ndarray]:
        """Yields audio of features of any length, as the model's own `render` does."""
        return self.model.render(features, seed)


def load(
    model: str | Path,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
    *,
    evaluating: bool = False,
) -> TrainedModel:
    """Builds a model from its own gin file and loads its weights.

    Args:
      model: a folder that holds `model.h5`, `operative_config.gin` and, for fitting,
        `dataset_statistics.json`, as training leaves them; that `model.h5` itself, by whatever
        name; one of Magenta's folders, see `ddsp_tt.magenta.folders`; or the name of an
        instrument of `ddsp_tt.trained.catalogue`.
      gin_files: further settings, read after the model's own.
      gin_params: single settings, which win over both.
      evaluating: whether settings of the evaluation may be among them.

    Raises:
      UserError: something is missing or does not fit.
    """
    later = folders.EVALUATION if evaluating else ()
    found = files.find(model)
    if not found.weights.is_file() and folders.is_magenta(found.folder):
        loaded = folders.load(found.folder, gin_files, gin_params)
        settings.refuse_unused(later)
        sources = tuple(sorted(path for path in found.folder.rglob("*") if path.is_file()))
        origin = Origin(sources, settings.operative_gin())
        return TrainedModel(found.folder.name, *loaded, origin)
    found.check()
    settings.parse_gin((found.gin, *gin_files), gin_params, passed_over=folders.PASSED_OVER)
    network = build(models.get_model())
    settings.refuse_unused(later)
    weights.load_weights(network, found.weights)
    has_statistics = found.statistics.is_file()
    table = statistics.load_json(found.statistics) if has_statistics else None
    origin = Origin(found.sources(), settings.operative_gin())
    return TrainedModel(found.folder.name, network, table, origin)
