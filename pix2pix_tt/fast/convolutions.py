"""Strided convolutions as ordinary ones, where those are quicker.

XLA has no fast strided convolutions on a processor, still less gradients of them. One that halves
the size is an ordinary one with half the kernel on an image folded to a quarter of its size and
four times its channels; one that doubles the size is the same backwards (Shi et al. 2016, "Is the
deconvolution layer the same as a convolutional layer?"). Weights are those of the usual layers.
"""

import keras
from keras import layers, ops

from audio_tt.tensors import Tensor


@keras.saving.register_keras_serializable("pix2pix_tt")
class Halving(layers.Conv2D):
    """`[batch, bins, frames, channels]` to `[batch, bins / 2, frames / 2, filters]`, both even."""

    def convolution_op(self, inputs: Tensor, kernel: Tensor) -> Tensor:
        """The convolution, without bias and activation."""
        _, bins, frames, channels = inputs.shape
        x = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        x = ops.reshape(x, (-1, bins // 2 + 1, 2, frames // 2 + 1, 2, channels))
        x = ops.transpose(x, (0, 1, 3, 2, 4, 5))
        x = ops.reshape(x, (-1, bins // 2 + 1, frames // 2 + 1, 4 * channels))
        kernel = ops.reshape(kernel, (2, 2, 2, 2, channels, self.filters))
        kernel = ops.transpose(kernel, (0, 2, 1, 3, 4, 5))
        return ops.conv(x, ops.reshape(kernel, (2, 2, 4 * channels, self.filters)))


@keras.saving.register_keras_serializable("pix2pix_tt")
class Doubling(layers.Conv2DTranspose):
    """`[batch, bins, frames, channels]` to `[batch, 2 bins, 2 frames, filters]`."""

    def call(self, inputs: Tensor) -> Tensor:
        """The transposed convolution, with bias and activation."""
        _, bins, frames, channels = inputs.shape
        kernel = ops.reshape(ops.flip(self.kernel, (0, 1)), (2, 2, 2, 2, self.filters, channels))
        kernel = ops.transpose(kernel, (0, 2, 5, 1, 3, 4))
        kernel = ops.reshape(kernel, (2, 2, channels, 4 * self.filters))
        x = ops.pad(inputs, ((0, 0), (1, 1), (1, 1), (0, 0)))
        x = ops.conv(x, ops.cast(kernel, x.dtype))
        x = ops.reshape(x, (-1, bins + 1, frames + 1, 2, 2, self.filters))
        x = ops.stack([x[:, :-1, :, 0], x[:, 1:, :, 1]], axis=2)
        x = ops.stack([x[:, :, :, :-1, 0], x[:, :, :, 1:, 1]], axis=4)
        x = ops.reshape(x, (-1, 2 * bins, 2 * frames, self.filters))
        if self.use_bias:
            x = x + ops.cast(self.bias, x.dtype)
        return self.activation(x)
