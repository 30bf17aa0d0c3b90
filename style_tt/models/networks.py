"""The networks that see timbre: convolutions with random weights that never change."""

from collections.abc import Sequence

import gin
import keras
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor


@gin.configurable(module="style_tt.model")
def random_network(
    n_bins: int,
    filters: Sequence[int] = (4096,),
    widths: Sequence[int] = (3,),
    parallel: bool = False,
    dimensions: int = 1,
    activation: str | None = None,
    stride: int = 1,
    padding: str = "same",
    pool: int = 1,
    distribution: str = "uniform",
    use_bias: bool = True,
    seed: int = 0,
) -> keras.Model:
    """Convolutions along time over all bins at once, or over time and frequency.

    Args:
      n_bins: bins of a frame.
      filters: of each layer.
      widths: frames that a filter of each layer covers, and bins in two dimensions.
      parallel: whether every layer sees the input; otherwise each sees the one before.
      dimensions: 1 for filters that cover all bins; 2 for filters that move along frequency too.
      activation: non-linearity after each layer, as "relu"; None for none.
      stride: of every layer.
      padding: "same" or "valid".
      pool: frames (and bins) of which the maximum is taken after each layer; 1 for none.
      distribution: of the weights: "uniform" within 1 / sqrt(inputs of a filter), biases too;
        "normal" as Ulyanov and Lebedev have it, sqrt(2) sqrt(2 / ((inputs + filters) width)).
      use_bias: whether there are biases.
      seed: of the weights.

    Returns:
      `keras.Model` from `[batch, frames, n_bins]` to a list with the features of every layer,
      `[batch, positions, filters]`.

    Raises:
      UserError: the settings do not fit together.
    """
    if len(filters) != len(widths) or dimensions not in (1, 2):
        raise UserError("random_network needs a width for every layer, and 1 or 2 dimensions")
    spectrogram = keras.Input((None, n_bins), name="spectrogram")
    image = spectrogram if dimensions == 1 else spectrogram[..., None]
    convolution = keras.layers.Conv1D if dimensions == 1 else keras.layers.Conv2D
    pooling = keras.layers.MaxPooling1D if dimensions == 1 else keras.layers.MaxPooling2D
    outputs, x = [], image
    for index, (count, width) in enumerate(zip(filters, widths, strict=True)):
        x = image if parallel else x
        kernel, bias = _initializers(
            distribution, x.shape[-1], count, width, dimensions, seed + 2 * index
        )
        x = convolution(
            count,
            width,
            strides=stride,
            padding=padding,
            activation=activation,
            use_bias=use_bias,
            kernel_initializer=kernel,
            bias_initializer=bias,
            trainable=False,
            name=f"convolution_{index}",
        )(x)
        if pool > 1:
            x = pooling(pool, padding="same", name=f"pooling_{index}")(x)
        flat = x if dimensions == 1 else keras.layers.Reshape((-1, count))(x)
        outputs.append(flat)
    return keras.Model(spectrogram, outputs, name="random_network")


def _initializers(distribution, inputs, filters, width, dimensions, seed):
    if distribution == "uniform":
        limit = (inputs * width**dimensions) ** -0.5
        draw = keras.initializers.RandomUniform
        return draw(-limit, limit, seed), draw(-limit, limit, seed + 1)
    if distribution == "normal":
        deviation = 2.0 * ((inputs + filters) * width) ** -0.5
        return keras.initializers.RandomNormal(0.0, deviation, seed), "zeros"
    raise UserError(f"random_network.distribution is uniform or normal, not {distribution!r}")


def linear_layer(model: keras.Model) -> keras.Layer | None:
    """The one layer of a network that is no more than a linear map of patches, or None."""
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    if len(layers) != 1 or not isinstance(layers[0], keras.layers.Conv1D):
        return None
    return layers[0] if layers[0].activation is keras.activations.linear else None


def patches(spectrogram: Tensor, width: int, stride: int = 1, padding: str = "same") -> Tensor:
    """What each filter of a convolution sees, and a 1 for its bias.

    Args:
      spectrogram: `[batch, frames, bins]`.
      width: frames of a patch.
      stride: frames from one to the next.
      padding: "same" or "valid".

    Returns:
      `[batch, positions, width * bins + 1]`; a convolution is the product with its weights.
    """
    frames = spectrogram.shape[1]
    if padding == "same":
        missing = max(0, width - stride if frames % stride == 0 else width - frames % stride)
        spectrogram = ops.pad(spectrogram, [(0, 0), (missing // 2, missing - missing // 2), (0, 0)])
    positions = (spectrogram.shape[1] - width) // stride + 1
    reach = (positions - 1) * stride + 1
    shifted = [spectrogram[:, i : i + reach : stride] for i in range(width)]
    return ops.concatenate([*shifted, ops.ones_like(shifted[0][..., :1])], axis=-1)
