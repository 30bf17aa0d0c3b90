"""Models of the published design in folders as the original has them."""

from pathlib import Path

from audio_tt import weights
from audio_tt.errors import UserError
from autoencoder_tt.model import convolutional_autoencoder
from autoencoder_tt.parameters import read_parameters, write_parameters

PARAMETERS_FILE = "parameters.pkl"
WEIGHTS_FILE = "weights.h5"


def is_model(folder):
    """Says whether a folder holds a model of the published design."""
    return Path(folder, PARAMETERS_FILE).is_file()


def load(folder):
    """Builds a network from `parameters.pkl` and gives it `weights.h5`.

    Args:
      folder: that the original or `save` wrote.

    Returns:
      `keras.Model`.

    Raises:
      UserError: a file is missing, is not what it should be, or the two do not fit together.
    """
    folder = Path(folder)
    path = folder / PARAMETERS_FILE
    sizes = read_parameters(path)
    if not (folder / WEIGHTS_FILE).is_file():  # before much memory is taken for nothing
        raise UserError(f"{folder}: not a model, {WEIGHTS_FILE} is missing")
    try:
        network = convolutional_autoencoder(**sizes)
    except ValueError as error:
        raise UserError(f"{path}: {error}") from error
    weights.load_weights(network, folder / WEIGHTS_FILE)
    return network


def save(network, folder):
    """Writes both files so that the original loads them."""
    write_parameters(Path(folder, PARAMETERS_FILE), network)
    weights.save_weights(network, Path(folder, WEIGHTS_FILE))
