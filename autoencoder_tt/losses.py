"""What training minimises."""

from collections.abc import Callable

import keras
from keras import ops

from audio_tt.tensors import Tensor

_TINY = 1e-6


@keras.saving.register_keras_serializable("autoencoder_tt")
def frame_distance(true: Tensor, drawn: Tensor) -> Tensor:
    """The log-spectral distance: root mean square over the bins, then the mean over frames.

    Args:
      true: levels `[batch, frames, bins]`.
      drawn: the same shape.

    Returns:
      `[batch, frames]`, in units of the levels.
    """
    return ops.sqrt(ops.mean(ops.square(true - drawn), axis=-1) + _TINY**2)


def named(name: str) -> Callable:
    """The loss of a name: "frame_distance", or one that Keras knows, as "mse" and "mae"."""
    return frame_distance if name == "frame_distance" else keras.losses.get(name)
