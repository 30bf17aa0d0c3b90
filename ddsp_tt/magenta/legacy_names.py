"""Names that settings used before, as they stand in old `operative_config` files."""

from typing import Any

import gin

from ddsp_tt.models.preprocessing import F0LoudnessPreprocessor
from ddsp_tt.synthesis import effects, synths


@gin.register(module="ddsp_tt.preprocessing")
class DefaultPreprocessor(F0LoudnessPreprocessor):
    """`F0LoudnessPreprocessor` until December 2020."""


@gin.register(module="ddsp_tt.synths")
class Additive(synths.Harmonic):
    """`Harmonic` until November 2020."""

    def __init__(self, name: str = "additive", **settings: Any):
        super().__init__(name=name, **settings)


@gin.register(module="ddsp_tt.effects")
class TrainableReverb(effects.Reverb):
    """A `Reverb` that is trainable, until January 2020."""

    def __init__(self, reverb_length: int = 48000, add_dry: bool = True, name: str = "reverb"):
        super().__init__(True, reverb_length, add_dry, name)


@gin.register(module="ddsp_tt.postprocessing")
def detect_notes(**settings: Any) -> None:
    """What counts as a note, which gin set until it became fixed: passed over."""


@gin.register(module="ddsp_tt.postprocessing")
def adjust(**settings: Any) -> None:
    """What `playing.adjustment.Adjustment` now says: passed over."""
