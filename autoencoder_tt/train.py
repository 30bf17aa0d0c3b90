"""Trains an instrument: on recordings of one voice, or on preprocessed clips as published.

python -m autoencoder_tt.train --dataset_path=recordings/flute --run_path=runs/flute
python -m autoencoder_tt.train --dataset_path=features --run_path=runs/mine \\
    --gin_file=autoencoder/published.gin
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, epoch_flags, path_flags, pitch_flags

_DATASET = path_flags.DEFINE_path(
    "dataset_path", None, "Folder of recordings, or of what preprocess made.", required=True
)
_RUN = path_flags.DEFINE_path("run_dir", None, "The run directory.", required=True)
flags.DEFINE_alias("run_path", "run_dir")
_CACHE = path_flags.DEFINE_path(
    "measured_path", None, "Folder that keeps what is measured; by default in the run directory."
)
_SEED = flags.DEFINE_integer("seed", 0, "Of initial weights, order and corruption.", lower_bound=0)
flags.adopt_module_key_flags(epoch_flags)
flags.adopt_module_key_flags(pitch_flags)
app.define_gpu_flag()

SETTINGS = ("autoencoder/flute.gin",)


def main() -> None:
    """Trains in the run directory."""
    import keras

    from autoencoder_tt.configurables import design as designs
    from autoencoder_tt.configurables import loop

    app.parse_gin(default_files=SETTINGS)
    app.bind("train_autoencoder.epochs", epoch_flags.epochs())
    keras.utils.set_random_seed(_SEED.value)
    design = designs.get_design()
    for name, value in {**epoch_flags.data_options(), "seed": _SEED.value}.items():
        app.bind(f"{design.data_set}.{name}", value)
    cache = _CACHE.value or Path(_RUN.value) / "measured"
    data = design.open_data(_DATASET.value, cache, pitch_flags.options())
    design.write_sizes(_RUN.value)
    loop.train(design.network, data, _RUN.value, design.sampler(data))


if __name__ == "__main__":
    app.run(main)
