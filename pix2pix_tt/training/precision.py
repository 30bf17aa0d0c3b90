"""What the networks compute in: single precision, or half where a graphics card is quicker so."""

import contextlib
from collections.abc import Iterator

import keras

from audio_tt.errors import UserError

_NAMES = ("float32", "mixed_bfloat16", "mixed_float16")


@contextlib.contextmanager
def layers_compute_in(precision: str | None) -> Iterator[None]:
    """Lets layers that are made in the block, and do not say otherwise, compute in this precision.

    Raises:
      UserError: it is none of "float32", "mixed_bfloat16" and "mixed_float16".
    """
    if precision not in _NAMES:
        raise UserError(
            f"Pix2PixTrainer.precision is one of {', '.join(_NAMES)}, not {precision!r}"
        )
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def suitable() -> str:
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
