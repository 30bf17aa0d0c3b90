"""The flag that chooses the graphics card; `app` adopts it for all commands."""

import os

from absl import flags

_GPU = flags.DEFINE_integer(
    "gpu", None, "Graphics card to use, counted from 0; -1 for none.", lower_bound=-1
)
_GROWTH = flags.DEFINE_bool(
    "allow_memory_growth", False, "Take the card's memory as it is needed, not all at once."
)


def apply() -> None:
    """Shows what is imported later the card that is asked for, and how to use its memory."""
    if _GROWTH.value:
        os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"
        os.environ["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    if _GPU.value is None:
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = str(_GPU.value)
    if _GPU.value < 0:
        os.environ["JAX_PLATFORMS"] = "cpu"
