"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from pix2pix_tt import data, features, finder, losses, model, trainer, training

__all__ = ["data", "features", "finder", "losses", "model", "trainer", "training"]
