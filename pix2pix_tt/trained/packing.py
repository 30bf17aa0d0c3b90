"""A training's run directory -> a small folder that plays: the model that is given to others."""

from pathlib import Path

from audio_tt.models import packing
from pix2pix_tt.trained import files, loading

_CARRIED = (files.STYLES_FILE, files.HISTORY_FILE, files.FINDER_FILE, *files.PICTURES)


def pack(run: str | Path, output: str | Path, dtype: str = "float16") -> int:
    """Writes what plays of a run: see `audio_tt.models.packing`.

    The generator is that of the best epoch on held-out slices, where there were any.
    """
    return packing.pack(
        run, output, _generator, files.GENERATOR_FILE, files.GIN_FILE, _CARRIED, dtype
    )


def _generator(run):
    best = run / files.BEST_FILE
    return loading.load(best if best.is_file() else run).generator
