"""Trains an instrument: on recordings of one voice, or on preprocessed clips as published.

python -m autoencoder_tt.train --dataset_path=recordings/flute --run_path=runs/flute
python -m autoencoder_tt.train --dataset_path=features --run_path=runs/mine \\
    --gin_file=autoencoder/published.gin
"""

import functools
from pathlib import Path

from absl import flags

from audio_tt.command import (
    app,
    change_flags,
    epoch_flags,
    gin_flags,
    name_flags,
    path_flags,
    pitch_flags,
)

_DATASET = path_flags.DEFINE_path(
    "dataset_path", None, "Folder of recordings, or of what preprocess made.", required=True
)
_RUN = path_flags.DEFINE_path("run_dir", None, "The run directory.", required=True)
flags.DEFINE_alias("run_path", "run_dir")
_CACHE = path_flags.DEFINE_path(
    "measured_path", None, "Folder that keeps what is measured; by default in the run directory."
)
_SEED = flags.DEFINE_integer(
    "seed", None, "Of initial weights, order and corruption.", lower_bound=0
)
_START = path_flags.DEFINE_path(
    "start_from", None, "Begin a new run from a model: an instrument, a folder or a .h5 file."
)
flags.DEFINE_alias("restore_dir", "start_from")
flags.adopt_module_key_flags(epoch_flags)
flags.adopt_module_key_flags(change_flags)
flags.adopt_module_key_flags(name_flags)
flags.adopt_module_key_flags(pitch_flags)

SETTINGS = ("autoencoder/flute.gin",)


def main() -> None:
    """Trains in the run directory."""
    import keras

    from audio_tt import settings
    from autoencoder_tt.configurables import design as designs
    from autoencoder_tt.configurables import loop
    from autoencoder_tt.trained import catalogue, packing
    from autoencoder_tt.training import warm_start

    name_flags.check(catalogue.MODELS, _RUN.value)
    start = warm_start.read_settings(_RUN.value, _START.value, SETTINGS, **gin_flags.given())
    app.bind("train_autoencoder.epochs", epoch_flags.epochs())
    for name, value in {**epoch_flags.data_options(), "seed": _SEED.value}.items():
        for data_set in designs.DATA_SETS:
            app.bind(f"{data_set}.{name}", value)
    seeds = [settings.value_of(f"{data_set}.seed", 0) for data_set in designs.DATA_SETS]
    keras.utils.set_random_seed(max(seeds))
    design = designs.get_design()
    cache = _CACHE.value or Path(_RUN.value) / "measured"
    data = design.open_data(_DATASET.value, cache, pitch_flags.options())
    loop.train(
        design.network,
        data,
        _RUN.value,
        design.sampler(data),
        start_from=start,
        write_sizes=design.write_sizes,
        change_settings=change_flags.allowed(),
    )
    name_flags.finish(
        catalogue.MODELS, _RUN.value, functools.partial(packing.pack, dtype="float32")
    )


if __name__ == "__main__":
    app.run(main)
