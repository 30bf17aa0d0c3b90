"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from audio_tt.dsp import griffin_lim
from autoencoder_tt import design
from autoencoder_tt.frames import data as crops
from autoencoder_tt.frames import design as frames
from autoencoder_tt.frames import features as frame_features
from autoencoder_tt.frames import models as frame_models
from autoencoder_tt.frames import player
from autoencoder_tt.published import data as pairs
from autoencoder_tt.published import design as published
from autoencoder_tt.published import features, models
from autoencoder_tt.training import corruption, loop

__all__ = [
    "corruption",
    "crops",
    "design",
    "features",
    "frame_features",
    "frame_models",
    "frames",
    "griffin_lim",
    "loop",
    "models",
    "pairs",
    "player",
    "published",
]
