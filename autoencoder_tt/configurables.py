"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from autoencoder_tt import data, designs
from autoencoder_tt.frames import features as frame_features
from autoencoder_tt.frames import models as frame_models
from autoencoder_tt.frames import transfer
from autoencoder_tt.published import features, models
from autoencoder_tt.training import corruption, loop

__all__ = [
    "corruption",
    "data",
    "designs",
    "features",
    "frame_features",
    "frame_models",
    "loop",
    "models",
    "transfer",
]
