"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from audio_tt.dsp import griffin_lim
from style_tt import features, losses
from style_tt.models import extraction, networks
from style_tt.playing import player
from style_tt.training import optimisation, optimisers

__all__ = [
    "extraction",
    "features",
    "griffin_lim",
    "losses",
    "networks",
    "optimisation",
    "optimisers",
    "player",
]
