"""Trains a DDSP model on prepared recordings, and says how good it is.

python -m ddsp_tt.run --data_dir=data/mine --save_dir=runs/mine --gin_file=ddsp/small.gin
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, change_flags, ending, gin_flags, name_flags, path_flags
from ddsp_tt import tracker_flags

_MODE = flags.DEFINE_enum(
    "mode",
    "train",
    ["train", "eval", "sample"],
    "Train; measure what was trained; or play some recordings. The latter two take what training "
    "held out, or else all of --data_dir, and write to the folder 'evaluation' of --run_dir.",
)
_RUN_DIR = path_flags.DEFINE_path("run_dir", None, "The run directory.", required=True)
flags.DEFINE_alias("save_dir", "run_dir")
_DATA_DIR = path_flags.DEFINE_path("data_dir", None, "Prepared examples; else what gin provides.")
_EVAL_DIR = path_flags.DEFINE_path("eval_data_dir", None, "Held-out prepared examples.")
_HELD_OUT = flags.DEFINE_float(
    "eval_split_fraction",
    None,
    "Share of --data_dir to hold out where there is no --eval_data_dir.",
    lower_bound=0.0,
    upper_bound=0.5,
)
_SEED = flags.DEFINE_integer("seed", None, "Seed of crops and initial weights.")
_START = path_flags.DEFINE_path(
    "start_from",
    None,
    "Begin a new run from a model: an instrument, a folder (also one of Magenta's) or a .h5 file.",
)
flags.DEFINE_alias("restore_dir", "start_from")
_EARLY_STOP = flags.DEFINE_float(
    "early_stop_loss_value", None, "End training when the mean loss of a row is as low as this."
)
_HYPERTUNE = flags.DEFINE_bool("hypertune", False, "Magenta's; does nothing here, and says so.")
flags.DEFINE_bool("run_once", True, "Magenta's; --mode=eval and sample always run once.")
flags.adopt_module_key_flags(change_flags)
flags.adopt_module_key_flags(name_flags)
flags.adopt_module_key_flags(tracker_flags)
app.define_strategy_flag()


def main() -> int:
    """Trains, or evaluates what was trained."""
    if _MODE.value != "train":
        return evaluate()

    import keras

    from audio_tt import settings
    from audio_tt.training import devices
    from ddsp_tt.configurables import loop, models
    from ddsp_tt.trained import catalogue, packing
    from ddsp_tt.training import warm_start

    name_flags.check(catalogue.MODELS, _RUN_DIR.value)
    warm_start.read_settings(_RUN_DIR.value, _START.value, **gin_flags.given())
    if _HYPERTUNE.value:
        logging.warning("--hypertune reports nothing here; %s/history.csv has it", _RUN_DIR.value)
    if _DATA_DIR.value:
        settings.clear("train.data_provider")  # or gin would make the one that it names
    app.bind("train.seed", _SEED.value)
    app.bind("train.eval_split_fraction", _HELD_OUT.value)
    app.bind("train.early_stop_loss_value", _EARLY_STOP.value)
    all_devices = devices.start(flags.FLAGS.strategy)
    keras.utils.set_random_seed(settings.value_of("train.seed", 0))
    with all_devices.scope():
        model = models.get_model()
    loop.train(
        model,
        _RUN_DIR.value,
        _DATA_DIR.value,
        eval_data_dir=_EVAL_DIR.value,
        devices=all_devices,
        start_from=_START.value,
        change_settings=change_flags.allowed(),
    )
    name_flags.finish(catalogue.MODELS, _RUN_DIR.value, packing.export)


def evaluate() -> int | None:
    """Evaluates or samples the model in --run_dir on what training held out, else on all."""
    from audio_tt import settings
    from ddsp_tt.data import held_out
    from ddsp_tt.evaluation import scoring, tables
    from ddsp_tt.trained import loading

    trained = loading.load(_RUN_DIR.value, **gin_flags.given(), evaluating=True)
    app.bind("train.eval_split_fraction", _HELD_OUT.value)
    share = settings.value_of("train.eval_split_fraction", 0.0)
    stretches = held_out.of_training(_DATA_DIR.value, _EVAL_DIR.value, share)
    tracker = tracker_flags.tracker()
    output_dir = Path(_RUN_DIR.value) / "evaluation"
    if _MODE.value == "sample":
        scoring.sample(trained, output_dir, stretches, tracker)
        ending.say_written(output_dir)
    else:
        report = scoring.evaluate(trained, stretches, tracker)
        tables.publish(report, output_dir, trained, tracker)


if __name__ == "__main__":
    app.run(main)
