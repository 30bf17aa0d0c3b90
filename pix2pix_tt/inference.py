"""A trained generator prepared for drawing, the same picture in less time than layer by layer.

On a processor, transposed convolutions take most of a U-Net's time. One that doubles the size is
four ordinary convolutions with 2 x 2 kernels whose results alternate in rows and columns (Shi et
al. 2016, "Is the deconvolution layer the same as a convolutional layer?").
"""

import functools

import keras
import numpy as np
from keras import layers, ops

from pix2pix_tt.steps import forward_pass

_COLUMNS = 32  # of a kernel, turned at a time: they fit the processor's cache


class Painter:
    """Draws what the generator would draw with the weights that it has now.

    Args:
      generator: as `pix2pix_tt.model.unet_generator` makes it.
    """

    def __init__(self, generator):
        _, up, last = _parts(generator)
        doubling = [block.layers[0] for block in up] + [last]
        self._kernels = [
            ops.convert_to_tensor(_as_convolution(np.asarray(layer.kernel)), layer.compute_dtype)
            for layer in doubling
        ]
        self._draw = _compiled(generator)

    def __call__(self, images):
        """Pictures `[batch, bins, frames, 1]` of images `[batch, bins, frames, channels]`."""
        return np.asarray(self._draw(self._kernels, images))


@functools.lru_cache(maxsize=4)
def _compiled(generator):
    """Compiled once for a generator and each shape of images, whatever weights come later."""
    down, up, last = _parts(generator)

    def draw(kernels, x):
        *kernels, last_kernel = kernels
        skips = []
        for block in down:
            x = block(x, training=False)
            skips.append(x)
        for block, kernel, skip in zip(up, kernels, skips[-2::-1], strict=True):
            x = _double(x, kernel)
            for layer in block.layers[1:]:
                x = layer(x, training=False)
            x = ops.concatenate([x, skip], axis=-1)
        x = ops.cast(x, last.compute_dtype)
        return last.activation(_double(x, last_kernel) + ops.cast(last.bias, x.dtype))

    return forward_pass(draw, generator.variables)


def _parts(generator):
    """(blocks on the way down, blocks on the way up, last layer)."""
    blocks = [layer for layer in generator.layers if isinstance(layer, keras.Sequential)]
    up = [block for block in blocks if isinstance(block.layers[0], layers.Conv2DTranspose)]
    return blocks[: len(blocks) - len(up)], up, generator.layers[-1]


def _as_convolution(kernel):
    """`[4, 4, out, in]` as the four kernels, `[2, 2, in, 4 out]`.

    Of three neighbouring values, the first two, under rows 3 and 1, make an even row of the result,
    and the last two, under rows 2 and 0, an odd one.
    """
    given = kernel.shape[3]
    turned = np.empty((2, 2, given, 2, 2, kernel.shape[2]), kernel.dtype)
    for start in range(0, given, _COLUMNS):
        part = slice(start, start + _COLUMNS)
        for tap, odd in np.ndindex(2, 2):
            for column_tap, odd_column in np.ndindex(2, 2):
                turned[tap, column_tap, part, odd, odd_column] = kernel[
                    3 - 2 * tap - odd, 3 - 2 * column_tap - odd_column, :, part
                ].T
    return turned.reshape(2, 2, given, -1)


def _double(x, kernel):
    """Transposed convolution, stride 2, "same": `[batch, bins, frames, in]` to twice the size."""
    bins, frames = x.shape[1:3]
    x = ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    y = ops.conv(x, kernel, padding="valid")
    y = ops.reshape(y, (-1, bins + 1, frames + 1, 2, 2, kernel.shape[-1] // 4))
    rows = ops.stack([y[:, :-1, :, 0], y[:, 1:, :, 1]], axis=2)
    both = ops.stack([rows[:, :, :, :-1, 0], rows[:, :, :, 1:, 1]], axis=4)
    return ops.reshape(both, (-1, 2 * bins, 2 * frames, both.shape[-1]))
