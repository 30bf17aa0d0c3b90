"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from pix2pix_tt import (
    blending,
    data,
    features,
    finder,
    losses,
    model,
    phases,
    trainer,
    training,
    transfer,
)

__all__ = [
    "blending",
    "data",
    "features",
    "finder",
    "losses",
    "model",
    "phases",
    "trainer",
    "training",
    "transfer",
]
