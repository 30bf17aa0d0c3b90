"""The flag that chooses the graphics card; `app` adopts it for all commands."""

import os

from absl import flags

_GPU = flags.DEFINE_integer(
    "gpu", None, "Graphics card to use, counted from 0; -1 for none.", lower_bound=-1
)


def apply() -> None:
    """Shows what is imported later no other card than the one that is asked for."""
    if _GPU.value is None:
        return
    os.environ["CUDA_VISIBLE_DEVICES"] = str(_GPU.value)
    if _GPU.value < 0:
        os.environ["JAX_PLATFORMS"] = "cpu"
