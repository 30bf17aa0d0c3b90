"""The sizes of a network from the `parameters.pkl` that the original writes beside its weights."""

from audio_tt import pickles
from audio_tt.errors import UserError

_NAMES = ("input_shape", "filters", "kernel_sizes", "strides", "latent_size")


def read_parameters(path):
    """Reads sizes without running anything: the file may hold numbers, tuples and lists only.

    Args:
      path: the file.

    Returns:
      dict of the arguments of `autoencoder_tt.model.convolutional_autoencoder`.

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
