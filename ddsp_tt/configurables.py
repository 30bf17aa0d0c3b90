"""Imports every module whose names gin files use, so that they are known when one is parsed."""

from ddsp_tt import (
    core,
    data,
    effects,
    evaluation,
    evaluators,
    losses,
    models,
    postprocessing,
    processors,
    spectral_ops,
    synths,
    tfrecords,
    training,
    two_stage,
)
from ddsp_tt.magenta import legacy_names

__all__ = [
    "core",
    "data",
    "effects",
    "evaluation",
    "evaluators",
    "legacy_names",
    "losses",
    "models",
    "postprocessing",
    "processors",
    "spectral_ops",
    "synths",
    "tfrecords",
    "training",
    "two_stage",
]
