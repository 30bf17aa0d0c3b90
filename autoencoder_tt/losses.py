"""What training minimises."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

_TINY = 1e-6


@keras.saving.register_keras_serializable("autoencoder_tt")
def frame_distance(true, drawn) -> Any:
    """The log-spectral distance: root mean square over the bins, then the mean over frames.

    Args:
      true: levels `[batch, frames, bins]`.
      drawn: the same shape.

    Returns:
      `[batch, frames]`, in units of the levels.
    """
    return ops.sqrt(ops.mean(ops.square(true - drawn), axis=-1) + _TINY**2)


def named(name) -> Callable:
    """The loss of a name: "frame_distance", or one that Keras knows, as "mse" and "mae"."""
    return frame_distance if name == "frame_distance" else keras.losses.get(name)
