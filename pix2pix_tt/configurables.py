"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from pix2pix_tt import (
    augmentation,
    blending,
    data,
    features,
    finder,
    losses,
    mixing,
    model,
    phases,
    trainer,
    training,
    transfer,
)

__all__ = [
    "augmentation",
    "blending",
    "data",
    "features",
    "finder",
    "losses",
    "mixing",
    "model",
    "phases",
    "trainer",
    "training",
    "transfer",
]
