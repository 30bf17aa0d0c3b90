"""The instruments that come with the package."""

from pathlib import Path

from audio_tt.catalogue import Catalogue

MODELS = Catalogue(Path(__file__).with_name("pretrained"), "weights.h5")
instruments, folder = MODELS.instruments, MODELS.folder
