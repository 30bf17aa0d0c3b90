"""The same networks in less time on a processor; `is_on` is the one switch."""

from collections.abc import Callable

import numpy as np


def is_on() -> bool:
    """Whether networks are computed the fast way: on a processor, for which it was made."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.default_backend() == "cpu"
    import tensorflow as tf

    return not tf.config.list_physical_devices("GPU")


def drawing(generator) -> Callable[[np.ndarray], np.ndarray]:
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
