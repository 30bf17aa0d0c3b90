"""A training's run directory -> a small folder that plays: the model that is given to others."""

from audio_tt.models import packing
from autoencoder_tt.published.parameters import PARAMETERS_FILE
from autoencoder_tt.trained import loading
from autoencoder_tt.training.loop import STATISTICS_FILE, WEIGHTS_FILE

_CARRIED = (STATISTICS_FILE, PARAMETERS_FILE, "history.csv", "history.png")


def pack(run, output, dtype="float16"):
    """Writes what plays of a run, at its best epoch: see `audio_tt.models.packing`."""
    return packing.pack(run, output, _network, WEIGHTS_FILE, loading.GIN_FILE, _CARRIED, dtype)


def _network(run):
    return loading.load(run).design.network
