"""A training's run directory -> a small folder that plays: the model that is given to others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audio_tt.models import cards, packing
from autoencoder_tt.trained import files, loading


def pack(
    run: str | Path,
    output: str | Path,
    dtype: str = "float16",
    told: Mapping[str, Any] | None = None,
) -> int:
    """Writes what plays of a run, at its best epoch: see `audio_tt.models.packing`."""
    names = (files.WEIGHTS, files.SETTINGS, files.CARRIED)
    return packing.pack(run, output, _network, *names, facts, "autoencoder", dtype, told)


def facts(folder: str | Path) -> dict[str, str]:
    """What a model's own files say of it: its size and its training."""
    return cards.facts(Path(folder) / files.WEIGHTS)


def _network(run):
    return loading.load(run).design.network
