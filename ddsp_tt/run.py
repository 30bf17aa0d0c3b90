"""Trains a DDSP model on prepared recordings, and says how good it is.

python -m ddsp_tt.run --data_dir=data/mine --save_dir=runs/mine --gin_file=ddsp/small.gin
"""

from absl import flags

from audio_tt import app, pitch_flags
from audio_tt.errors import UserError

_MODE = flags.DEFINE_enum("mode", "train", ["train", "eval"], "What to do.")
_SAVE_DIR = flags.DEFINE_string("save_dir", None, "The run directory.", required=True)
_DATA_DIR = flags.DEFINE_string("data_dir", None, "Prepared examples; else what gin provides.")
_EVAL_DIR = flags.DEFINE_string("eval_data_dir", None, "Held-out prepared examples.")
_HELD_OUT = flags.DEFINE_float(
    "eval_split_fraction",
    0.0,
    "Share of --data_dir to hold out where there is no --eval_data_dir.",
    lower_bound=0.0,
    upper_bound=0.5,
)
_CAPACITY = flags.DEFINE_enum(
    "eval_crepe_capacity", "full", pitch_flags.CAPACITIES, "Size of CREPE for evaluation."
)
_RATE = flags.DEFINE_integer("eval_frame_rate", 250, "Frames a second of f0 for evaluation.")
_SEED = flags.DEFINE_integer("seed", 0, "Seed of crops and initial weights.")
app.define_gpu_flag()


def main():
    """Trains, or evaluates what was trained."""
    import keras

    from ddsp_tt.configurables import models, training

    if _MODE.value == "eval":
        return evaluate()
    app.parse_gin(default_files=("ddsp/published.gin",), skip_unknown=True)
    keras.utils.set_random_seed(_SEED.value)
    training.train(
        models.get_model(),
        _SAVE_DIR.value,
        _DATA_DIR.value,
        eval_data_dir=_EVAL_DIR.value,
        eval_split_fraction=_HELD_OUT.value,
        seed=_SEED.value,
    )


def evaluate():
    """Prints the figures of the model in --save_dir on the examples of --data_dir."""
    from ddsp_tt import data, evaluation, loading

    if _DATA_DIR.value is None:
        raise UserError("--mode=eval needs --data_dir")
    trained = loading.load(_SAVE_DIR.value)
    tracker = evaluation.Tracker(_RATE.value, _CAPACITY.value)
    for name, value in evaluation.resynthesis(
        trained, data.load_folder(_DATA_DIR.value), tracker
    ).items():
        print(f"{name:20s} {value:.4f}")


if __name__ == "__main__":
    app.run(main)
