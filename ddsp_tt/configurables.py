"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from ddsp_tt import losses, models
from ddsp_tt.data import example_files, tfrecords
from ddsp_tt.evaluation import evaluators, scoring
from ddsp_tt.features import fitting, spectral_ops
from ddsp_tt.magenta import legacy_names
from ddsp_tt.synthesis import core, effects, processors, synths
from ddsp_tt.training import loop, two_stage

__all__ = [
    "core",
    "effects",
    "evaluators",
    "example_files",
    "fitting",
    "legacy_names",
    "loop",
    "losses",
    "models",
    "processors",
    "scoring",
    "spectral_ops",
    "synths",
    "tfrecords",
    "two_stage",
]
