"""The sizes of a network in the `parameters.pkl` that the original keeps beside its weights."""

import pickle
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.files import pickles
from audio_tt.files.atomic import replacing

_NAMES = ("input_shape", "filters", "kernel_sizes", "strides", "latent_size")


def read_parameters(path: str | Path) -> dict[str, Any]:
    """Reads sizes without running anything: the file may hold numbers, tuples and lists only.

    Args:
      path: the file.

    Returns:
      dict of the arguments of `autoencoder_tt.published.models.convolutional_autoencoder`.

    Raises:
      UserError: no such file, not a pickle, one that would run code, or not the five sizes.
    """
    values = pickles.load(path, "sizes")
    if not _are_sizes(values):
        raise UserError(
            f"{path} does not hold the five sizes of an autoencoder: input shape, filters, kernel "
            "sizes, strides and latent size"
        )
    return dict(zip(_NAMES, values, strict=True))


def write_parameters(path: str | Path, network: Any) -> None:
    """Writes the sizes of a network so that the original reads them: numbers and tuples alone.

    Args:
      path: the file.
      network: what `autoencoder_tt.published.models.convolutional_autoencoder` returned.
    """
    from keras import layers

    encoder = network.get_layer("encoder")
    convolutions = [layer for layer in encoder.layers if isinstance(layer, layers.Conv2D)]
    values = [
        tuple(network.input_shape[1:]),
        tuple(layer.filters for layer in convolutions),
        tuple(_plain(layer.kernel_size) for layer in convolutions),
        tuple(_plain(layer.strides) for layer in convolutions),
        encoder.output_shape[-1],
    ]
    with replacing(path) as temporary:
        temporary.write_bytes(pickle.dumps(values, protocol=3))


def _plain(pair):
    """One number for two that are equal, as the original has it."""
    return pair[0] if pair[0] == pair[1] else tuple(pair)


def _are_sizes(values):
    if not isinstance(values, list | tuple) or len(values) != len(_NAMES):
        return False
    *sequences, latent_size = values
    if not all(isinstance(sequence, list | tuple) for sequence in sequences):
        return False
    input_shape, *convolutions = sequences
    return (
        len(input_shape) == 3
        and len({len(sequence) for sequence in convolutions}) == 1
        and all(map(_is_size, [*input_shape, *convolutions[0], latent_size]))
        and all(_is_size(size) or _is_pair(size) for part in convolutions[1:] for size in part)
    )


def _is_size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_pair(value):
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_size, value))
