"""The flags of every command that evaluates a model."""

from typing import Any

from absl import flags

from audio_tt.command import pitch_flags

_CAPACITY = flags.DEFINE_enum(
    "eval_crepe_capacity",
    None,
    pitch_flags.CAPACITIES,
    "Size of CREPE that listens to what was played; by default the largest that is installed. "
    "DDSP's figures are by 'full'.",
)
_RATE = flags.DEFINE_integer(
    "eval_frame_rate", 250, "Frames a second that it listens to.", lower_bound=1
)


def tracker() -> Any:
    """The `evaluation.Tracker` that the flags describe."""
    from audio_tt.pitch import crepe
    from ddsp_tt.evaluation.scoring import Tracker

    return Tracker(_RATE.value, _CAPACITY.value or crepe.largest_installed())
