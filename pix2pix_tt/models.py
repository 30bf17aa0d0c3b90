"""The networks: a U-Net that draws spectrograms and a PatchGAN that judges them.

Pix2pix (Isola et al. 2017) with the sizes of Pix2Pix-Timbre-Transfer. Layers are nested and named
as in the published weight files, so that files go both ways.
"""

from collections.abc import Sequence

import gin
import keras
from keras import layers

from audio_tt.errors import UserError
from pix2pix_tt import fast

_KERNEL_SIZE = 4
_LEAK = 0.3  # slope of the leaky ReLU below 0
_DEVIATION = 0.02  # of the kernels at the start


@gin.configurable(module="pix2pix_tt.model")
def unet_generator(
    channels: int = 1,
    down_filters: Sequence[int] = (64, 128, 256, 512, 512, 512, 512, 512),
    up_filters: Sequence[int] = (512, 512, 512, 512, 256, 128, 64),
    dropout_blocks: int = 3,
    dropout: float = 0.5,
    initial_deviation: float = _DEVIATION,
) -> keras.Model:
    """The generator.

    Args:
      channels: of the input: 1, or 2 where an example of the target timbre comes with it.
      down_filters: filters of each block that halves height and width.
      up_filters: filters of each block that doubles them and is then joined with the block of the
        same size on the way down.
      dropout_blocks: how many of the first blocks on the way up have dropout.
      dropout: its rate.
      initial_deviation: of the kernels, which start as Gaussian noise.

    Returns:
      `keras.Model` from `[batch, bins, frames, channels]` to `[batch, bins, frames, 1]`, both in
      -1..1; bins and frames are multiples of 2 to the number of halvings.

    Raises:
      UserError: an argument is of the wrong kind, or the two ways do not fit each other.
    """
    _check_filters("unet_generator.down_filters", down_filters)
    _check_filters("unet_generator.up_filters", up_filters)
    if len(up_filters) != len(down_filters) - 1:
        raise UserError(
            f"unet_generator.up_filters has {len(up_filters)} blocks, where "
            f"{len(down_filters)} blocks down need {len(down_filters) - 1}"
        )
    if type(dropout_blocks) is not int or dropout_blocks < 0:
        raise UserError(
            f"unet_generator.dropout_blocks is {dropout_blocks!r}; it must be a whole number, 0 or "
            "more"
        )
    if not isinstance(dropout, int | float) or not 0.0 <= dropout < 1.0:
        raise UserError(f"unet_generator.dropout is {dropout!r}; it must be a number from 0 to 1")
    n_down = len(down_filters)
    image = x = keras.Input((None, None, channels), name="input_1")
    skips = []
    for i, filters in enumerate(down_filters):
        x = _down_block(filters, i, i, i - 1 if i else None, initial_deviation)(x)
        skips.append(x)
    join = layers.Concatenate(name="concatenate")
    for i, (filters, skip) in enumerate(zip(up_filters, reversed(skips[:-1]), strict=True)):
        rate = dropout if i < dropout_blocks else None
        block = _up_block(filters, n_down + i, i, n_down - 1 + i, rate, initial_deviation)
        x = join([block(x), skip])
    _, doubling = fast.layer_types()
    output = doubling(
        1,
        _KERNEL_SIZE,
        strides=2,
        padding="same",
        activation="tanh",
        dtype="float32",  # whatever the others compute in
        kernel_initializer=_noise(initial_deviation),
        name=_numbered("conv2d_transpose", len(up_filters)),
    )(x)
    return keras.Model(image, output, name="generator")


@gin.configurable(module="pix2pix_tt.model")
def patch_discriminator(filters: Sequence[int] = (64, 128, 256, 512)) -> keras.Model:
    """The discriminator, which judges each patch of an image by itself.

    Args:
      filters: filters of each block that halves height and width.

    Returns:
      `keras.Model` from [input, image], each `[batch, bins, frames, 1]`, to logits
      `[batch, bins / 16, frames / 16, 1]` (for four blocks), positive for an image taken for true.

    Raises:
      UserError: the filters are no numbers.
    """
    _check_filters("patch_discriminator.filters", filters)
    inputs = [keras.Input((None, None, 1), name=f"input_{i}") for i in (2, 3)]
    x = layers.Concatenate(name="concatenate_1")(inputs)
    # Numbers go on where those of the published generator end.
    for i, count in enumerate(filters):
        x = _down_block(count, 15 + i, 8 + i, 13 + i if i else None)(x)
    logits = layers.Conv2D(
        1,
        _KERNEL_SIZE,
        padding="same",
        dtype="float32",
        kernel_initializer=_noise(_DEVIATION),
        name=f"conv2d_{8 + len(filters)}",
    )(x)
    return keras.Model(inputs, logits, name="discriminator")


def _check_filters(name, filters):
    are_numbers = isinstance(filters, tuple | list) and all(
        type(count) is int and count > 0 for count in filters
    )
    if not are_numbers or not filters:
        raise UserError(f"{name} is {filters!r}; it must be a list of numbers of filters")


def _convolution(layer_type, filters, name, deviation):
    return layer_type(
        filters,
        _KERNEL_SIZE,
        strides=2,
        padding="same",
        use_bias=False,
        kernel_initializer=_noise(deviation),
        name=name,
    )


def _down_block(filters, block, convolution, norm, deviation=_DEVIATION):
    """Convolution that halves the size, batch norm unless its number is None, leaky ReLU."""
    halving, _ = fast.layer_types()
    stack = [_convolution(halving, filters, _numbered("conv2d", convolution), deviation)]
    if norm is not None:
        stack.append(layers.BatchNormalization(name=_numbered("batch_normalization", norm)))
    stack.append(layers.LeakyReLU(negative_slope=_LEAK))
    return keras.Sequential(stack, name=_numbered("sequential", block))


def _up_block(filters, block, convolution, norm, dropout, deviation):
    """Transposed convolution that doubles the size, batch norm, dropout unless None, ReLU."""
    _, doubling = fast.layer_types()
    stack = [
        _convolution(doubling, filters, _numbered("conv2d_transpose", convolution), deviation),
        layers.BatchNormalization(name=_numbered("batch_normalization", norm)),
    ]
    if dropout is not None:
        stack.append(layers.Dropout(dropout))
    stack.append(layers.ReLU())
    return keras.Sequential(stack, name=_numbered("sequential", block))


def _noise(deviation):
    if deviation == 0.0:
        return keras.initializers.Zeros()
    # One that is shared would give every kernel of the same shape the same values.
    return keras.initializers.RandomNormal(0.0, deviation)


def _numbered(name, number):
    return f"{name}_{number}" if number else name
