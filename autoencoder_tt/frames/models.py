"""The frame-wise network: an autoencoder over time that draws a spectrum for every frame.

Frames are convolved along time alone, so a recording may have any length; what a frame becomes
depends on `context_frames` frames on either side and on no others.
"""

from collections.abc import Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import layers, ops

from audio_tt.tensors import Tensor

_PARTS = ("picture", "pitch", "loudness")


@keras.saving.register_keras_serializable("autoencoder_tt")
class PowerSum(layers.Layer):
    """Adds two sounds given as levels, whose 0..1 stand for `range_db`, by their power."""

    def __init__(self, range_db: float, **options: Any):
        super().__init__(**options)
        self.range_db = float(range_db)
        self.per_unit = float(range_db * np.log(10.0) / 10.0)

    def get_config(self) -> dict[str, Any]:
        """What the layer is made of."""
        return {**super().get_config(), "range_db": self.range_db}

    def call(self, levels: Tensor) -> Tensor:
        """Level of both together."""
        a, b = levels
        return ops.logaddexp(a * self.per_unit, b * self.per_unit) / self.per_unit


@gin.configurable(module="autoencoder_tt.frame_model")
def frame_autoencoder(
    n_bins: int,
    n_pitches: int,
    range_db: float,
    reads: Sequence[str] = ("pitch", "loudness"),
    picture_shines_through: bool = True,
    picture_range_db: float = 80.0,
    channels: Sequence[int] = (256, 256),
    latent_size: int = 32,
    width: int = 5,
) -> keras.Model:
    """The autoencoder.

    Where the picture shines through, the decoder draws two spectra: what every bin would be at if
    a harmonic were there, which the picture of the pitch cuts out, and what there is besides; both
    are added. Otherwise it draws the spectrum at once.

    Args:
      n_bins: bins of a frame, and of the picture of its pitch.
      n_pitches: channels of the pitch on a logarithmic axis.
      range_db: what 0..1 of a level stands for.
      reads: which of "picture", "pitch" and "loudness" the encoder is given.
      picture_shines_through: whether the picture is laid over what is drawn.
      picture_range_db: what 0..1 of the picture stands for.
      channels: of the convolutions of the encoder; the decoder has them in reverse.
      latent_size: channels between encoder and decoder.
      width: frames that a convolution sees, odd.

    Returns:
      `keras.Model` from `[batch, frames + 2 * context, n_bins + n_pitches + 1]` to levels
      `[batch, frames, n_bins]`, with the context of `context_frames`; its layers "encoder" and
      "decoder" are models of their own.

    Raises:
      ValueError: `reads` names something else, or nothing.
    """
    if not reads or set(reads) - set(_PARTS):
        raise ValueError(f"reads must name some of {_PARTS}, not {reads!r}")
    edges = np.cumsum([0, n_bins, n_pitches, 1]).tolist()
    spans = dict(zip(_PARTS, zip(edges[:-1], edges[1:], strict=True), strict=True))
    frames = keras.Input((None, edges[-1]), name="frames")
    parts = [frames[..., slice(*spans[name])] for name in _PARTS if name in reads]
    x = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    for i, filters in enumerate(channels):
        x = _block(x, filters, width if i else 1, f"encoder_{i + 1}")
    latent = layers.Conv1D(latent_size, 1, name="latent")(x)
    encoder = keras.Model(frames, latent, name="encoder")

    inner = keras.Input((None, latent_size), name="latent_input")
    picture = keras.Input((None, n_bins), name="picture")
    x = inner
    for i, filters in enumerate(channels[::-1]):
        x = _block(x, filters, width, f"decoder_{i + 1}")
    drawn = layers.Conv1D(n_bins, 1, name="rest")(x)
    if picture_shines_through:
        envelope = layers.Conv1D(n_bins, 1, name="envelope")(x)
        # A picture of 1 leaves the envelope as it is, and each dB less is one dB less of it.
        cut_out = envelope + (picture - 1.0) * (picture_range_db / range_db)
        drawn = PowerSum(range_db, name="sum")([cut_out, drawn])
    decoder = keras.Model([inner, picture], drawn, name="decoder")

    context = _context(channels, width)
    middle = frames[:, context:-context] if context else frames
    levels = decoder([encoder(frames), middle[..., :n_bins]])
    return keras.Model(frames, levels, name="frame_autoencoder")


def context_frames(model: keras.Model, parts: Sequence[str] = ("encoder", "decoder")) -> int:
    """Frames on either side that a frame of the output of some parts of it depends on."""
    convolutions = [
        layer
        for part in parts
        for layer in model.get_layer(part).layers
        if isinstance(layer, layers.Conv1D)
    ]
    return sum(layer.kernel_size[0] // 2 for layer in convolutions)


def _context(channels, width):
    return (2 * len(channels) - 1) * (width // 2)


def _block(x, filters, width, name):
    x = layers.Conv1D(filters, width, name=f"{name}_convolution")(x)
    x = layers.LayerNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
