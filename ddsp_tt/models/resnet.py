"""A residual network over spectrograms, which keeps their frames (He et al. 2016).

Layers, sizes and normalisation as in Magenta's `ddsp.training.nn`.
"""

from collections.abc import Sequence

import gin
import keras
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.saving import Saved

_register = gin.register(module="ddsp_tt.nn")
# Channels of the first blocks' bottleneck, and blocks of the four groups.
SIZES = {"small": (32, (2, 3, 4, 3)), "medium": (32, (3, 4, 6, 3)), "large": (64, (3, 4, 6, 3))}
_NORMS = ("layer", "instance", "group")


@_register
class Normalize(Saved, keras.layers.Layer):
    """Mean 0 and variance 1 over all frames and bands of an example, then scaled and shifted.

    Args:
      norm_type: over "layer", all channels together; "instance", each by itself; or "group", 32
        groups of them.
      name: name of the layer.

    Raises:
      UserError: any other `norm_type`.
    """

    def __init__(self, norm_type: str = "layer", name: str | None = None):
        super().__init__(name=name)
        if norm_type not in _NORMS:
            raise UserError(f"norm_type must be one of {', '.join(_NORMS)}, not {norm_type!r}")
        self.norm_type = norm_type

    def build(self, shape: Sequence[int | None]) -> None:
        """Makes `scale` and `shift`, `[1, 1, 1, channels]` as in Magenta's checkpoints."""
        self.scale = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="ones", name="scale")
        self.shift = self.add_weight(shape=(1, 1, 1, shape[-1]), initializer="zeros", name="shift")

    def call(self, x: Tensor) -> Tensor:
        """`[batch, frames, bands, channels]` to the same shape."""
        _, n_frames, n_bands, channels = x.shape
        groups = {"layer": 1, "instance": channels, "group": 32}[self.norm_type]
        grouped = ops.reshape(x, (-1, n_frames, n_bands, groups, channels // groups))
        mean, variance = ops.moments(grouped, axes=(1, 2, 4), keepdims=True)
        normal = (grouped - mean) / ops.sqrt(variance + 1e-5)
        return ops.reshape(normal, (-1, n_frames, n_bands, channels)) * self.scale + self.shift


def _convolution(channels, width, stride=1, name=None):
    return keras.layers.Conv2D(channels, width, (1, stride), padding="same", name=name)


class ResidualBlock(Saved, keras.layers.Layer):
    """Convolutions through a bottleneck, added to what came in; four times its channels come out.

    Args:
      channels: of the bottleneck.
      stride: bands in for one out.
      project: bring the input to the output's shape by a convolution.
      norm_type: see `Normalize`.
      name: name of the layer.
    """

    def __init__(
        self, channels: int, stride: int, project: bool, norm_type: str, name: str | None = None
    ):
        super().__init__(name=name)
        self.norm_in = Normalize(norm_type, name="norm_in")
        self.shortcut = _convolution(4 * channels, 1, stride, "shortcut") if project else None
        self.bottleneck = [
            _convolution(channels, 1, name="reduce"),
            Normalize(norm_type, name="norm_1"),
            keras.layers.ReLU(name="relu_1"),
            _convolution(channels, 3, stride, "convolve"),
            Normalize(norm_type, name="norm_2"),
            keras.layers.ReLU(name="relu_2"),
            _convolution(4 * channels, 1, name="expand"),
        ]

    def call(self, x: Tensor) -> Tensor:
        """`[batch, frames, bands, n]` to `[batch, frames, bands / stride, 4 * channels]`."""
        y = ops.relu(self.norm_in(x))
        rest = x if self.shortcut is None else self.shortcut(y)
        for layer in self.bottleneck:
            y = layer(y)
        return rest + y


@_register
class ResNet(Saved, keras.layers.Layer):
    """Four groups of residual blocks; bands become fewer by 32, channels 1024 (2048 for "large").

    Args:
      size: "small", "medium" or "large".
      norm_type: see `Normalize`.
      name: name of the layer.

    Raises:
      UserError: any other `size` or `norm_type`.
    """

    def __init__(self, size: str = "large", norm_type: str = "layer", name: str = "resnet"):
        super().__init__(name=name)
        if size not in SIZES:
            raise UserError(f"ResNet's size must be one of {', '.join(SIZES)}, not {size!r}")
        channels, blocks = SIZES[size]
        self.stack = [
            keras.layers.Conv2D(64, 7, (1, 2), padding="same", name="convolve"),
            keras.layers.MaxPooling2D((1, 3), (1, 2), padding="same", name="pool"),
        ]
        groups = zip((1, 2, 4, 8), blocks, (1, 2, 2, 2), strict=True)
        for group, (factor, count, stride) in enumerate(groups):
            for i in range(count):
                block = ResidualBlock(
                    factor * channels,
                    stride if i == 0 else 1,
                    i == 0,
                    norm_type,
                    name=f"block_{group}_{i}",
                )
                self.stack.append(block)
            if group >= 2:  # two stacks, of three groups and of one, each normalised at its end
                self.stack.append(Normalize(norm_type, name=f"norm_{group}"))
                self.stack.append(keras.layers.ReLU(name=f"relu_{group}"))

    def call(self, x: Tensor) -> Tensor:
        """A spectrogram `[batch, frames, bands]` to `[batch, frames, bands / 32, channels]`."""
        x = x[..., None]
        for layer in self.stack:
            x = layer(x)
        return x
