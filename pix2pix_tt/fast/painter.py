"""A trained generator prepared for drawing: the same picture in less time than layer by layer.

On a processor, transposed convolutions take most of a U-Net's time. One that doubles the size is
four ordinary convolutions with 2 x 2 kernels whose results alternate in rows and columns (Shi et
al. 2016, "Is the deconvolution layer the same as a convolutional layer?").
"""

import functools

import keras
import numpy as np
from keras import layers, ops

from audio_tt.models.compilation import compiled

_COLUMNS = 64  # of a kernel, turned at a time: they fit the processor's cache


class Painter:
    """Draws what the generator would draw with the weights that it has now.

    Args:
      generator: as `pix2pix_tt.models.unet_generator` makes it.
    """

    def __init__(self, generator: keras.Model):
        blocks = [layer for layer in generator.layers if isinstance(layer, keras.Sequential)]
        n_down = (len(blocks) + 1) // 2
        last = generator.layers[-1]
        self._weights = (
            [(block.layers[0].kernel.value, *_scale_and_shift(block)) for block in blocks[:n_down]],
            [(_doubling(block.layers[0]), *_scale_and_shift(block)) for block in blocks[n_down:]],
            (_doubling(last), last.bias.value),
        )
        self._slope = blocks[0].layers[-1].negative_slope

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Pictures `[batch, bins, frames, 1]` of images `[batch, bins, frames, channels]`."""
        return np.asarray(_compiled(self._slope)(self._weights, images))


def _draw(weights, x, slope):
    down, up, (last_kernel, last_bias) = weights
    skips = []
    for kernel, scale, shift in down:
        x = ops.conv(x, kernel, strides=2, padding="same")
        x = ops.leaky_relu(x * scale + shift, slope)
        skips.append(x)
    for (kernel, scale, shift), skip in zip(up, skips[-2::-1], strict=True):
        x = ops.relu(_double(x, kernel) * scale + shift)
        x = ops.concatenate([x, skip], axis=-1)
    return ops.tanh(_double(x, last_kernel) + last_bias)


@functools.cache
def _compiled(slope):
    """`_draw`, compiled anew for other sizes but not for other weights."""
    return compiled(functools.partial(_draw, slope=slope))


def _scale_and_shift(block):
    """What batch normalisation does to a channel, as the factor and the summand that it amounts to.

    A block without has the factor 1 and the summand 0.
    """
    norms = [layer for layer in block.layers if isinstance(layer, layers.BatchNormalization)]
    if not norms:
        return 1.0, 0.0
    gamma, beta, mean, variance = (np.asarray(weight, np.float32) for weight in norms[0].weights)
    scale = gamma / np.sqrt(variance + norms[0].epsilon)
    return ops.convert_to_tensor(scale), ops.convert_to_tensor(beta - mean * scale)


def _doubling(layer):
    """The kernel `[4, 4, out, in]` of a transposed convolution as four, `[2, 2, in, 4 out]`.

    Of three neighbouring values, the first two, under rows 3 and 1, make an even row of the result,
    and the last two, under rows 2 and 0, an odd one.
    """
    kernel = np.asarray(layer.kernel)
    filters, channels = kernel.shape[2:]
    turned = np.empty((2, 2, channels, 2, 2, filters), kernel.dtype)
    for start in range(0, channels, _COLUMNS):
        part = slice(start, start + _COLUMNS)
        for tap, odd in np.ndindex(2, 2):
            for column_tap, odd_column in np.ndindex(2, 2):
                turned[tap, column_tap, part, odd, odd_column] = kernel[
                    3 - 2 * tap - odd, 3 - 2 * column_tap - odd_column, :, part
                ].T
    return ops.convert_to_tensor(turned.reshape(2, 2, channels, 4 * filters))


def _double(x, kernel):
    """Transposed convolution, stride 2, "same": `[batch, bins, frames, in]` to twice the size."""
    bins, frames = x.shape[1:3]
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    y = ops.conv(x, kernel, padding="valid")
    y = ops.reshape(y, (-1, bins + 1, frames + 1, 2, 2, kernel.shape[-1] // 4))
    rows = ops.stack([y[:, :-1, :, 0], y[:, 1:, :, 1]], axis=2)
    both = ops.stack([rows[:, :, :, :-1, 0], rows[:, :, :, 1:, 1]], axis=4)
    return ops.reshape(both, (-1, 2 * bins, 2 * frames, both.shape[-1]))
