"""The layer that sees timbre: one convolution along time, with random weights that never change."""

import gin
import keras


@gin.configurable(module="style_tt.model")
def random_convolution(n_bins=1025, filters=4096, width=3, activation=None, seed=0):
    """The network, weights and biases uniform within 1 / sqrt(n_bins * width).

    Args:
      n_bins: bins of a spectrogram.
      filters: of the convolution.
      width: frames that each filter covers.
      activation: non-linearity after it, as "relu"; None for none.
      seed: of the weights.

    Returns:
      `keras.Model` from `[batch, frames, n_bins]` to `[batch, frames, filters]`.
    """
    limit = (n_bins * width) ** -0.5
    spectrogram = keras.Input((None, n_bins), name="spectrogram")
    features = keras.layers.Conv1D(
        filters,
        width,
        padding="same",
        activation=activation,
        kernel_initializer=keras.initializers.RandomUniform(-limit, limit, seed),
        bias_initializer=keras.initializers.RandomUniform(-limit, limit, seed + 1),
        trainable=False,
        name="convolution",
    )(spectrogram)
    return keras.Model(spectrogram, features, name="random_convolution")
