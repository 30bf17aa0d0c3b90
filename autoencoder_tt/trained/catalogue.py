"""The instruments that come with the package, and the user's own."""

from pathlib import Path

from audio_tt.models.catalogue import Catalogue
from autoencoder_tt.trained import files

MODELS = Catalogue(Path(__file__).parents[1] / "pretrained", files.WEIGHTS)
instruments, folder, find = MODELS.instruments, MODELS.folder, MODELS.find
