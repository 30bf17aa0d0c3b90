"""The flags of the commands that train, and what they do together."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from absl import flags, logging

from audio_tt.command import app, change_flags, ending, epoch_flags, name_flags, path_flags

_DATASET = path_flags.DEFINE_path(
    "dataset_path", None, "Folder of features, one folder an instrument inside.", required=True
)
_MODELS = path_flags.DEFINE_path("models_path", "models", "Folder that holds the run directories.")
_OFFSET = flags.DEFINE_integer(
    "epoch_offset", None, "Added to the numbers of epochs of a new run.", lower_bound=0
)
_FINDLR = flags.DEFINE_bool("findlr", False, "Look for learning rates instead of training.")
_SEED = flags.DEFINE_integer("seed", None, "Of initial weights, dropout and order.")
_TEST_AUDIO = path_flags.DEFINE_path(
    "test_audio_path",
    None,
    "Folder with ORIGIN.wav, which the network plays after each epoch, and TARGET.wav to compare.",
)
_STRATEGY = flags.DEFINE_enum(
    "strategy", None, ["mirrored"], "Train on all devices of this machine (KERAS_BACKEND=jax)."
)
_START = path_flags.DEFINE_path(
    "start_from", None, "Begin a new run from a model: an instrument, a folder or a .h5 file."
)
flags.DEFINE_alias("restore_dir", "start_from")
flags.adopt_module_key_flags(epoch_flags)
flags.adopt_module_key_flags(change_flags)
flags.adopt_module_key_flags(name_flags)

SETTINGS = ("pix2pix/published.gin",)


def run(
    directory: str,
    origin: str,
    targets: Sequence[str],
    conditioned: bool = False,
    settings: dict[str, Any] | None = None,
) -> None:
    """Trains, or looks for learning rates, as the flags say.

    Args:
      directory: name of the run directory.
      origin: the instrument that is heard.
      targets: the instruments to turn it into.
      conditioned: whether the generator is given an example of the target.
      settings: gin parameters that the command decides, {name: value}; None values are left out.
    """
    import keras

    from audio_tt import settings as gin_settings
    from audio_tt.training import devices, run_settings
    from pix2pix_tt.configurables import features, finder, loop, slice_pairs, trainer
    from pix2pix_tt.trained import catalogue, packing
    from pix2pix_tt.trained.files import find_settings
    from pix2pix_tt.training import listening

    path = Path(_MODELS.value) / directory
    name_flags.check(catalogue.MODELS, path)
    start = None if _START.value is None else catalogue.find_weights(_START.value)
    begun = run_settings.files(path, ())
    if not begun and start is not None:
        begun = [own] if (own := find_settings(start)) else []
    app.parse_gin([*SETTINGS, *begun])
    decided = {
        "train_pix2pix.epochs": epoch_flags.epochs(),
        "train_pix2pix.epoch_offset": _OFFSET.value,
        **{f"SlicePairs.{name}": value for name, value in epoch_flags.data_options().items()},
        "SlicePairs.seed": _SEED.value,
        "unet_generator.channels": 2 if conditioned else None,
        **(settings or {}),
    }
    for name, value in decided.items():
        app.bind(name, value)
    keras.utils.set_random_seed(gin_settings.value_of("SlicePairs.seed", 0))
    spectrogram = features.SliceSpectrogram()
    shape = (spectrogram.n_bins, spectrogram.slice_frames)
    pairs = slice_pairs.SlicePairs(_DATASET.value, origin, targets, shape, conditioned)
    logging.info(
        "%d training examples, %d held out, of %d songs",
        pairs.n_training,
        pairs.n_held_out,
        pairs.n_songs,
    )
    if _FINDLR.value:
        finder.find_learning_rates(trainer.Trainer(), pairs, path)
        ending.say_written(path)
        return
    recordings = None
    if _TEST_AUDIO.value:
        recordings = listening.Recordings(_TEST_AUDIO.value, pairs, spectrogram)
    all_devices = devices.start(_STRATEGY.value)
    with all_devices.scope():
        loop.train(
            trainer.Trainer(),
            pairs,
            path,
            recordings,
            devices=all_devices,
            start_from=start,
            change_settings=change_flags.allowed(),
        )
    name_flags.finish(catalogue.MODELS, path, functools.partial(packing.pack, dtype="float32"))
