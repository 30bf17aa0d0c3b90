"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from autoencoder_tt import (
    corruption,
    data,
    designs,
    features,
    frame_model,
    frames,
    model,
    training,
)

__all__ = [
    "corruption",
    "data",
    "designs",
    "features",
    "frame_model",
    "frames",
    "model",
    "training",
]
