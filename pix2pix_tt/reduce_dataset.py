"""Copies a part of a set of features, for quick trials.

python -m pix2pix_tt.reduce_dataset --dataset_path=features --reduced_path=features_tenth \\
    --fraction=0.1

The same slices are chosen of every instrument, each at most once.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, path_flags

_DATASET = path_flags.DEFINE_path(
    "dataset_path", None, "Folder of features, one folder an instrument inside.", required=True
)
_REDUCED = path_flags.DEFINE_path("reduced_path", None, "Folder to write into.", required=True)
_FRACTION = flags.DEFINE_float("fraction", 0.1, "Share of the slices, above 0 and below 1.")
_SEED = flags.DEFINE_integer("seed", 0, "Another one chooses other slices.", lower_bound=0)


def main() -> None:
    """Copies the chosen slices."""
    from pix2pix_tt.data.reduction import reduce_dataset

    count = reduce_dataset(Path(_DATASET.value), Path(_REDUCED.value), _FRACTION.value, _SEED.value)
    logging.info("%d slices of each instrument", count)
    ending.say_written(_REDUCED.value)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
