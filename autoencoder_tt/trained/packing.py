"""A training's run directory -> a small folder that plays: the model that is given to others."""

from pathlib import Path

from audio_tt.models import packing
from autoencoder_tt.trained import files, loading


def pack(run: str | Path, output: str | Path, dtype: str = "float16") -> int:
    """Writes what plays of a run, at its best epoch: see `audio_tt.models.packing`."""
    return packing.pack(run, output, _network, files.WEIGHTS, files.SETTINGS, files.CARRIED, dtype)


def _network(run):
    return loading.load(run).design.network
