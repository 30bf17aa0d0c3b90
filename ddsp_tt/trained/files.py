"""What a model folder holds, and where the folder of a model is."""

import dataclasses
from pathlib import Path

from audio_tt.errors import UserError
from ddsp_tt.trained import catalogue

MODEL_FILE = catalogue.MODELS.file
GIN_FILE = "operative_config.gin"
STATISTICS_FILE = "dataset_statistics.json"
HISTORY_FILE = "history.csv"


@dataclasses.dataclass(frozen=True)
class ModelFiles:
    """The files of one model, which need not be there.

    Attributes:
      folder: that they lie in.
      weights: the `.h5`.
    """

    folder: Path
    weights: Path

    @property
    def gin(self) -> Path:
        """The settings that rebuild the model."""
        return self.folder / GIN_FILE

    @property
    def statistics(self) -> Path:
        """What the training data are like, for fitting."""
        return self.folder / STATISTICS_FILE

    def sources(self) -> tuple[Path, ...]:
        """The weights and, where they are there, the statistics."""
        return tuple(path for path in (self.weights, self.statistics) if path.is_file())

    def check(self) -> None:
        """Raises UserError where the weights or the settings are missing."""
        for path in (self.gin, self.weights):
            if not path.is_file():
                raise UserError(f"{self.folder}: not a model, {path.name} is missing")


def find(model: str | Path) -> ModelFiles:
    """The files of a model.

    Args:
      model: a folder, the weights in one (`FOLDER/model.h5`), or the name of an instrument, see
        `Catalogue.find`.

    Raises:
      UserError: there is no such thing.
    """
    path = catalogue.MODELS.find(model)
    if path.is_file():
        return ModelFiles(path.parent, path)
    return ModelFiles(path, path / MODEL_FILE)
