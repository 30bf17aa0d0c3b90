"""The network: convolutions down to a vector, and back up to a picture.

Sizes and names of the layers are those of the repository saga-r17/Using-Autoencoder-Denoising-
Technique-for-Timbre-Transfer, so that its files go both ways.
"""

import math
from collections.abc import Sequence

import gin
import keras
from keras import layers


@gin.configurable(module="autoencoder_tt.model")
def convolutional_autoencoder(
    input_shape: tuple[int, int, int] = (512, 128, 2),
    filters: Sequence[int] = (512, 256),
    kernel_sizes: Sequence[int] = (3, 3),
    strides: Sequence[int | tuple[int, int]] = (2, (2, 1)),
    latent_size: int = 128,
) -> keras.Model:
    """The autoencoder.

    Args:
      input_shape: (bins, frames, channels) of a picture; strides divide bins and frames.
      filters: of each convolution of the encoder; the decoder has them in reverse, save the first.
      kernel_sizes: of each.
      strides: of each, a number or (along bins, along frames).
      latent_size: values between encoder and decoder.

    Returns:
      `keras.Model` from `[batch, bins, frames, channels]` to the same shape, 0..1; its layers
      "encoder" and "decoder" are models of their own, with `[batch, latent_size]` between.

    Raises:
      ValueError: filters, kernel sizes and strides are not of the same number, or do not fit the
        picture.
    """
    if not len(filters) == len(kernel_sizes) == len(strides):
        raise ValueError(
            f"filters {filters}, kernel_sizes {kernel_sizes} and strides {strides} must be of the "
            "same number"
        )
    picture = keras.Input(tuple(input_shape), name="encoder_input")
    convolutions = list(zip(filters, kernel_sizes, strides, strict=True))
    encoder, inner_shape = _encoder(picture, convolutions, latent_size)
    decoder = _decoder(latent_size, inner_shape, convolutions, input_shape[-1])
    if decoder.output_shape[1:] != tuple(input_shape):
        raise ValueError(
            f"strides {strides} do not divide a picture of {tuple(input_shape)}: it would come "
            f"back as {decoder.output_shape[1:]}"
        )
    return keras.Model(picture, decoder(encoder(picture)), name="autoencoder")


def _encoder(picture, convolutions, latent_size):
    """The encoder and the shape of what its last convolution gives."""
    x = picture
    for i, (filters, kernel_size, strides) in enumerate(convolutions, start=1):
        x = layers.Conv2D(
            filters, kernel_size, strides, padding="same", name=f"encoder_conv_layer_{i}"
        )(x)
        x = layers.ReLU(name=f"encoder_relu_{i}")(x)
        x = layers.BatchNormalization(name=f"encoder_bn_{i}")(x)
    latent = layers.Dense(latent_size, name="encoder_output")(layers.Flatten()(x))
    return keras.Model(picture, latent, name="encoder"), x.shape[1:]


def _decoder(latent_size, inner_shape, convolutions, channels):
    latent = keras.Input((latent_size,), name="decoder_input")
    x = layers.Dense(math.prod(inner_shape), name="decoder_dense")(latent)
    x = layers.Reshape(inner_shape)(x)
    for i, (filters, kernel_size, strides) in enumerate(convolutions[:0:-1], start=1):
        x = _transposed(filters, kernel_size, strides, i)(x)
        x = layers.ReLU(name=f"decoder_relu_{i}")(x)
        x = layers.BatchNormalization(name=f"decoder_bn_{i}")(x)
    _, kernel_size, strides = convolutions[0]
    x = _transposed(channels, kernel_size, strides, len(convolutions))(x)
    picture = layers.Activation("sigmoid", name="sigmoid_layer")(x)
    return keras.Model(latent, picture, name="decoder")


def _transposed(filters, kernel_size, strides, number):
    return layers.Conv2DTranspose(
        filters,
        kernel_size,
        strides,
        padding="same",
        name=f"decoder_conv_transpose_layer_{number}",
    )
