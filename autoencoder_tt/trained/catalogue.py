"""The instruments that come with the package."""

from pathlib import Path

from audio_tt.models.catalogue import Catalogue

MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", "weights.h5")
instruments, folder = MODELS.instruments, MODELS.folder
