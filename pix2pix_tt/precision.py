"""What the networks compute in: single precision, or half where a graphics card is quicker so."""

import contextlib

import keras

from audio_tt.errors import UserError

_NAMES = ("float32", "mixed_bfloat16", "mixed_float16")


@contextlib.contextmanager
def policy(name=None):
    """Lets layers that are made in the block compute in this precision; yields its name.

    Args:
      name: "float32", "mixed_bfloat16", "mixed_float16", or None for what suits the device.
    """
    name = suitable() if name is None else name
    if name not in _NAMES:
        raise UserError(f"the precision is one of {', '.join(_NAMES)}, not {name!r}")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(name)
    try:
        yield name
    finally:
        keras.config.set_dtype_policy(before)


def optimizer(learning_rate, name):
    """Adam as the published networks were trained with, scaled for float16 where that is used."""
    adam = keras.optimizers.Adam(learning_rate, beta_1=0.9, beta_2=0.999, epsilon=1e-7)
    return keras.optimizers.LossScaleOptimizer(adam) if name == "mixed_float16" else adam


def suitable():
    """The quickest precision that the device computes in hardware."""
    generation = _card_generation()
    if generation is None or generation < 7:
        return "float32"
    return "mixed_bfloat16" if generation >= 8 else "mixed_float16"


def _card_generation():
    """Major compute capability of the first Nvidia card; None without one."""
    if keras.backend.backend() == "jax":
        import jax

        device = jax.devices()[0]
        return int(float(device.compute_capability)) if device.platform == "gpu" else None
    import tensorflow as tf

    cards = tf.config.list_physical_devices("GPU")
    details = tf.config.experimental.get_device_details(cards[0]) if cards else {}
    return details.get("compute_capability", (None,))[0]
