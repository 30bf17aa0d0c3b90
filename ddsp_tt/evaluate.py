"""Measures a trained model on recordings that it has not learned from.

python -m ddsp_tt.evaluate --model=runs/mine --data_dir=data/mine_held_out --output_dir=figures

The model plays each recording from the recording's own pitch and loudness. Loudness L1, F0 L1 and
F0 outliers are DDSP's, of what CREPE hears in the audio that was played, in examples of 4 s.
--gin_file=ddsp/eval/basic.gin measures the losses alone.
"""

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from ddsp_tt import tracker_flags

_MODEL = path_flags.DEFINE_path("model", None, "Folder of the trained model.", required=True)
_DATA_DIR = path_flags.DEFINE_path("data_dir", None, "Prepared examples; else what gin provides.")
_INPUT = path_flags.DEFINE_paths(
    "input", None, "Or recordings: files, folders or globs, comma-separated."
)
_OUTPUT = path_flags.DEFINE_path(
    "output_dir", None, "Folder for evaluation.csv, .json and .png.", required=True
)
_SAMPLES = flags.DEFINE_bool("samples", False, "Write what was played, with pictures, as well.")
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(tracker_flags)


def main() -> int:
    """Prints the table and writes it, with a plot."""
    if _DATA_DIR.value is not None and _INPUT.value is not None:
        raise UserError("give --data_dir or --input, not both")
    inputs, failed = _INPUT.value, 0
    if inputs is not None:
        inputs, failed = batches.readable(io.find_audio(inputs))

    from ddsp_tt.data import held_out
    from ddsp_tt.evaluation import scoring, tables
    from ddsp_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given(), evaluating=True)
    tracker = tracker_flags.tracker()

    def stretches():
        options = {**trained.analysis, **pitch_flags.options()}
        return held_out.choose(_DATA_DIR.value, inputs, **options)

    report = scoring.evaluate(trained, stretches(), tracker)
    tables.publish(report, _OUTPUT.value, trained, tracker)
    if _SAMPLES.value:
        scoring.sample(trained, _OUTPUT.value, stretches(), tracker)
        ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
