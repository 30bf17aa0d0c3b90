"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from pix2pix_tt import features, losses, models
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.playing import settings
from pix2pix_tt.synthesis import augmentation, mixing, sources
from pix2pix_tt.training import finder, loop, trainer

__all__ = [
    "augmentation",
    "features",
    "finder",
    "loop",
    "losses",
    "mixing",
    "models",
    "settings",
    "slice_pairs",
    "sources",
    "trainer",
]
