"""Trains an instrument of your own from a folder of recordings, in one command.

python -m ddsp_tt.train_instrument --audio_dir=recordings --name=my_sax
timbre-transfer song.wav my_song.wav --instrument=my_sax

The recordings hold one instrument alone, one note at a time; ten minutes or more. They are
prepared, a tenth is held out, and a model is trained as gin/ddsp/small.gin says (small_48k.gin with
--sample_rate=48000), with as many harmonics as the lowest note needs. The same command goes on
after a stop, and after it has ended trains further with --gin_param=train.num_steps=20000.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, parallel_flags, pitch_flags
from audio_tt.models.catalogue import user_folder
from ddsp_tt.trained import catalogue

_AUDIO = flags.DEFINE_list(
    "audio_dir", None, "Recordings: folders, files or globs, comma-separated.", required=True
)
_NAME = flags.DEFINE_string("name", None, "What the instrument is called.", required=True)
_WORK = flags.DEFINE_string(
    "work_dir", None, "Folder for examples and the run; by default beside the user's models."
)
_RATE = flags.DEFINE_enum("sample_rate", "16000", ["16000", "32000", "48000"], "Of the model, Hz.")
_NORMALIZE = flags.DEFINE_bool("normalize", False, "Bring the peak of each recording to 0.99.")
_CUT = flags.DEFINE_bool("cut_silence", True, "Leave out silences longer than a second.")
_HELD_OUT = flags.DEFINE_float(
    "eval_split_fraction", 0.1, "Share of the recordings to hold out.", 0.0, 0.5
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of crops and initial weights.")
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(parallel_flags)
app.define_gpu_flag()


def main():
    """Prepares, trains, and puts the model among the user's instruments."""
    folder = catalogue.MODELS.new_folder(_NAME.value)

    from ddsp_tt.data import preparation
    from ddsp_tt.data.cleaning import Cleaning
    from ddsp_tt.features.rates import Rates

    sample_rate = int(_RATE.value)
    work = Path(_WORK.value or user_folder() / "training" / _NAME.value)
    status = preparation.prepare(
        _AUDIO.value,
        work / "examples",
        cleaning=Cleaning(_NORMALIZE.value, _CUT.value),
        rates=Rates(sample_rate),
        run=parallel_flags.runner(work),
        **pitch_flags.options(),
    )

    import keras

    from ddsp_tt.configurables import loop, models
    from ddsp_tt.trained import loading
    from ddsp_tt.training import instrument_settings

    app.parse_gin(default_files=(instrument_settings.write(work, sample_rate),))
    keras.utils.set_random_seed(_SEED.value)
    loop.train(
        models.get_model(),
        work / "run",
        work / "examples",
        eval_split_fraction=_HELD_OUT.value,
        seed=_SEED.value,
    )
    loading.export(work / "run", folder)
    logging.info("%s is trained: timbre-transfer IN OUT --instrument=%s", folder, _NAME.value)
    return status


if __name__ == "__main__":
    app.run(main)
