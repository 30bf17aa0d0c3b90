"""A training's run directory -> a small folder that plays: the model that is given to others."""

from audio_tt import packing
from autoencoder_tt import loading
from autoencoder_tt.parameters import PARAMETERS_FILE
from autoencoder_tt.training import STATISTICS_FILE, WEIGHTS_FILE

_CARRIED = (STATISTICS_FILE, PARAMETERS_FILE, "history.csv", "history.png")


def pack(run, output, dtype="float16"):
    """Writes what plays of a run, with the weights of the best epoch: see `audio_tt.packing`."""
    return packing.pack(run, output, _network, WEIGHTS_FILE, loading.GIN_FILE, _CARRIED, dtype)


def _network(run):
    return loading.load(run).design.network
