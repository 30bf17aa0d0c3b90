"""What a model folder and a run directory hold, by name."""

from pathlib import Path

GENERATOR_FILE = "generator.h5"
DISCRIMINATOR_FILE = "discriminator.h5"
BEST_FILE = "generator_best.h5"  # of the epoch with the least held-out error
GIN_FILE = "operative_config.gin"
STYLES_FILE = "styles.npz"  # an example of each target of a conditioned generator
HISTORY_FILE = "history.csv"
FINDER_FILE = "finder.csv"
PICTURES = ("history.png", "LRFinder_*.png")
_LEVELS_UP = 2  # a run keeps weights in samples/EPOCH/


def find_settings(weights: Path) -> Path | None:
    """The gin file beside weights, or above where a run keeps the weights of an epoch."""
    folders = weights.absolute().parents[: 1 + _LEVELS_UP]
    return next((f / GIN_FILE for f in folders if (f / GIN_FILE).is_file()), None)
