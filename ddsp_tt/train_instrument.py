"""Trains an instrument of your own from a folder of recordings, in one command.

python -m ddsp_tt.train_instrument --audio_dir=recordings --name=my_sax
python -m ddsp_tt.train_instrument --samples=library/sax.sfz --name=my_sax
timbre-transfer song.wav my_song.wav --instrument=my_sax

The recordings hold one instrument alone, one note at a time; ten minutes or more. They are
prepared, a tenth is held out, and a model is trained as gin/ddsp/small.gin says (small_48k.gin with
--sample_rate=48000), with as many harmonics as the lowest note needs. Frames without one sure pitch
do not count. The same command goes on after a stop, and after it has ended trains further with
--gin_param=train.num_steps=20000.

Of a library of single notes (a folder, or its SFZ file) an instrument is built first, which plays
melodies and exercises; those are what is trained on, at 48 kHz.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, change_flags, ending, parallel_flags, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.models.catalogue import user_folder
from ddsp_tt.trained import catalogue

_AUDIO = path_flags.DEFINE_paths(
    "audio_dir", None, "Recordings: folders, files or globs, comma-separated."
)
_SAMPLES = path_flags.DEFINE_paths(
    "samples",
    None,
    "Instead of them single notes: folders of sound files, SFZ files, or programs of SoundFonts, "
    "as in FluidR3_GM.sf2:clarinet; comma-separated.",
)
_MINUTES = flags.DEFINE_float("minutes", 20.0, "Of music to play with --samples.", 1.0)
_NAME = flags.DEFINE_string("name", None, "What the instrument is called.", required=True)
_WORK = path_flags.DEFINE_path(
    "work_dir", None, "Folder for examples and the run; by default beside the user's models."
)
_RATE = flags.DEFINE_enum(
    "sample_rate",
    None,
    ["16000", "32000", "48000"],
    "Of the model, Hz; by default 48000 with --samples, else 16000.",
)
_START = path_flags.DEFINE_path(
    "start_from", None, "Begin from a model's weights: an instrument, a folder or a .h5 file."
)
_NORMALIZE = flags.DEFINE_bool("normalize", False, "Bring the peak of each recording to 0.99.")
_CUT = flags.DEFINE_bool("cut_silence", True, "Leave out silences longer than a second.")
_HELD_OUT = flags.DEFINE_float(
    "eval_split_fraction", None, "Share of the recordings to hold out (0.1).", 0.0, 0.5
)
_SEED = flags.DEFINE_integer("seed", None, "Seed of crops and initial weights.")
flags.adopt_module_key_flags(change_flags)
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(parallel_flags)


def main() -> int:
    """Prepares, trains, and puts the model among the user's instruments."""
    folder = catalogue.MODELS.new_folder(_NAME.value)

    from audio_tt.music import practice
    from ddsp_tt.configurables import loop, models
    from ddsp_tt.data import preparation
    from ddsp_tt.data.cleaning import Cleaning
    from ddsp_tt.features.rates import Rates
    from ddsp_tt.training import instrument_settings, warm_start

    if _START.value is not None:
        warm_start.find(_START.value)
    work = Path(_WORK.value or user_folder() / "training" / _NAME.value)
    samples = _samples()
    sample_rate = int(_RATE.value or (48000 if samples else 16000))
    recordings = _AUDIO.value
    app.parse_gin((instrument_settings.RATES[sample_rate][0],))  # mistakes are found before work
    if samples:
        recordings = [
            practice.practise(
                samples, work / "performances", sample_rate, _MINUTES.value, _SEED.value or 0
            )
        ]
    status = preparation.prepare(
        recordings,
        work / "examples",
        cleaning=Cleaning(_NORMALIZE.value, _CUT.value),
        rates=Rates(sample_rate),
        run=parallel_flags.runner(work),
        **pitch_flags.options(),
    )

    import keras

    from audio_tt import settings
    from audio_tt.training import run_settings
    from ddsp_tt.trained import packing

    own = instrument_settings.write(work, sample_rate)
    app.parse_gin(run_settings.files(work / "run", (own,)), go_on=True)
    app.bind("train.seed", _SEED.value)
    share = settings.value_of("train.eval_split_fraction", 0.1)
    app.bind("train.eval_split_fraction", share if _HELD_OUT.value is None else _HELD_OUT.value)
    keras.utils.set_random_seed(settings.value_of("train.seed", 0))
    loop.train(
        models.get_model(),
        work / "run",
        work / "examples",
        start_from=_START.value,
        change_settings=change_flags.allowed(),
    )
    learned_from = ", ".join(f"`{path}`" for path in _SAMPLES.value or _AUDIO.value)
    packing.export(work / "run", folder, {"data": f"{learned_from}, by `train_instrument`."})
    ending.say_model(folder, _NAME.value)
    return status


def _samples():
    """Sources of single notes, where that is what was given; else None."""
    if (_AUDIO.value is None) == (_SAMPLES.value is None):
        raise UserError("give either --audio_dir (recordings) or --samples (single notes)")
    if _SAMPLES.value is not None:
        return _SAMPLES.value

    from audio_tt.music import sample_library

    if not sample_library.is_single_notes(_AUDIO.value):
        return None
    if len(_AUDIO.value) > 1 or not Path(_AUDIO.value[0]).is_dir():
        raise UserError("these are single notes: give the one folder that holds them")
    logging.info("%s holds single notes: they play melodies first", _AUDIO.value[0])
    return _AUDIO.value


if __name__ == "__main__":
    app.run(main)
