"""The same networks in less time on a processor; `is_on` is the one switch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras


def is_on() -> bool:
    """Whether networks are computed the fast way: on a processor, for which it was made."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() == "cpu"
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def layer_types() -> tuple[type, type]:
    """(halving, doubling): classes of layers for kernels of 4 x 4, strides of 2, padding "same"."""
    import keras

    if keras.backend.backend() == "jax" and is_on():
        from pix2pix_tt.fast.convolutions import Doubling, Halving

        return Halving, Doubling
    return keras.layers.Conv2D, keras.layers.Conv2DTranspose


def adam(learning_rate: float) -> "keras.optimizers.Optimizer":
    """Adam as the published networks were trained with it: the `keras.optimizers.Optimizer`."""
    import keras

    kind = keras.optimizers.Adam
    if keras.backend.backend() == "tensorflow" and is_on():
        from pix2pix_tt.fast.fused_adam import FusedAdam as kind
    return kind(learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7, name="adam")


def drawing(generator: Any) -> Callable[[np.ndarray], np.ndarray]:
    """The function that a generator is, with the weights that it has now.

    Args:
      generator: as `pix2pix_tt.models.unet_generator` makes it.

    Returns:
      A function of images float32 `[batch, bins, frames, channels]` in -1..1 that returns pictures
      `[batch, bins, frames, 1]`.
    """
    if is_on():
        from pix2pix_tt.fast.painter import Painter

        return Painter(generator)
    from audio_tt.models.compilation import compiled

    draw = compiled(lambda images: generator(images, training=False), generator.variables)
    return lambda images: np.asarray(draw(images))
