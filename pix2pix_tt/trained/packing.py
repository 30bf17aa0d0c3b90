"""A training's run directory -> a small folder that plays: the model that is given to others."""

from audio_tt.models import packing
from pix2pix_tt.trained import loading
from pix2pix_tt.training.loop import BEST_FILE

_CARRIED = ("styles.npz", "history.csv", "history.png", "LRFinder_*.png", "finder.csv")


def pack(run, output, dtype="float16"):
    """Writes what plays of a run: see `audio_tt.models.packing`.

    The generator is that of the best epoch on held-out slices, where there were any.
    """
    files = (loading.GENERATOR_FILE, loading.GIN_FILE, _CARRIED)
    return packing.pack(run, output, _generator, *files, dtype)


def _generator(run):
    best = run / BEST_FILE
    return loading.load(best if best.is_file() else run).generator
