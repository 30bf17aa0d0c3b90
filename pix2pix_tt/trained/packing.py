"""A training's run directory -> a small folder that plays: the model that is given to others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audio_tt.models import cards, packing
from pix2pix_tt.trained import files, loading

_CARRIED = (files.STYLES_FILE, files.HISTORY_FILE, files.FINDER_FILE, *files.PICTURES)


def pack(
    run: str | Path,
    output: str | Path,
    dtype: str = "float16",
    told: Mapping[str, Any] | None = None,
) -> int:
    """Writes what plays of a run: see `audio_tt.models.packing`.

    The generator is that of the best epoch on held-out slices, where there were any.
    """
    names = (files.GENERATOR_FILE, files.GIN_FILE, _CARRIED)
    return packing.pack(run, output, _generator, *names, facts, "pix2pix", dtype, told)


def facts(folder: str | Path) -> dict[str, str]:
    """What a model's own files say of it: its size and its training."""
    return cards.facts(Path(folder) / files.GENERATOR_FILE)


def _generator(run):
    best = run / files.BEST_FILE
    return loading.load(best if best.is_file() else run).generator
