"""The instruments that come with the package."""

from pathlib import Path

from audio_tt.models.catalogue import Catalogue

# The others are what Magenta leaves: checkpoints, a SavedModel, and what belongs to them.
_MAGENTAS = ("*.index", "variables/*.index", "operative_config-*.gin", "dataset_statistics.pkl")
MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", "model.h5", _MAGENTAS)
instruments, folder = MODELS.instruments, MODELS.folder
