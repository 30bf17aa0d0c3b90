"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from audio_tt import phase_windows
from style_tt import extraction, features, losses, model, optimisers, training, transfer

__all__ = [
    "extraction",
    "features",
    "losses",
    "model",
    "optimisers",
    "phase_windows",
    "training",
    "transfer",
]
