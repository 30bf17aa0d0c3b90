"""Measures f0 and loudness of recordings and writes what training reads.

python -m ddsp_tt.prepare_dataset --input_audio_filepatterns='mine/*.wav' --output_path=data/mine
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, parallel_flags, path_flags, pitch_flags
from audio_tt.errors import UserError

_INPUT = path_flags.DEFINE_paths(
    "input_audio_filepatterns", None, "Files, folders or globs, comma-separated.", required=True
)
_OUTPUT = path_flags.DEFINE_path(
    "output_path", None, "Folder for the examples; by default beside the TFRecords."
)
_RECORDS = path_flags.DEFINE_path(
    "output_tfrecord_path", None, "Write Magenta's TFRecords as well, with names that begin so."
)
_SAMPLE_RATE = flags.DEFINE_integer(
    "sample_rate", 16000, "Of the audio that is trained on, Hz.", lower_bound=8000
)
_FRAME_RATE = flags.DEFINE_integer(
    "frame_rate", 250, "Of pitch and loudness, frames a second.", lower_bound=1
)
_SHARDS = flags.DEFINE_integer("num_shards", 10, "TFRecord files a split.", lower_bound=1)
_SECONDS = flags.DEFINE_float("example_secs", 4.0, "Of a window of audio.", lower_bound=0.1)
_HOP = flags.DEFINE_float("hop_secs", 1.0, "From one window to the next.", lower_bound=0.01)
_EVAL = flags.DEFINE_float(
    "eval_split_fraction",
    0.0,
    "Share of the recordings whose windows go to files of their own.",
    lower_bound=0.0,
    upper_bound=1.0,
)
_CENTER = flags.DEFINE_bool(
    "center",
    False,
    "Give windows of TFRecords the frame on their end too (TFRecordProvider.centered = True).",
)
_VITERBI = flags.DEFINE_bool(
    "viterbi", True, "Let CREPE follow the most likely line; else take the best of each frame."
)
_NORMALIZE = flags.DEFINE_bool("normalize", False, "Bring the peak of each recording to 0.99.")
_CUT = flags.DEFINE_bool(
    "cut_silence", False, "Leave out silences longer than a second (50 dB below the loudest)."
)
_URMP = flags.DEFINE_string(
    "urmp_instrument",
    None,
    "Take the tracks of this instrument (trumpet, violin, ...) from the URMP data set, whose "
    "folder is the input.",
)
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(parallel_flags)


def main() -> int:
    """Prepares all files; those that are there already are kept."""
    from ddsp_tt.data import preparation, urmp
    from ddsp_tt.data.cleaning import Cleaning
    from ddsp_tt.features.rates import Rates

    if _OUTPUT.value is None and _RECORDS.value is None:
        raise UserError("give --output_path, or --output_tfrecord_path, or both")
    output = _OUTPUT.value or f"{_RECORDS.value}_examples"
    inputs = _INPUT.value
    if _URMP.value is not None:
        inputs = urmp.find_recordings(inputs, _URMP.value)
    status = preparation.prepare(
        inputs,
        output,
        cleaning=Cleaning(_NORMALIZE.value, _CUT.value),
        rates=Rates(_SAMPLE_RATE.value, _FRAME_RATE.value),
        run=parallel_flags.runner(Path(output)),
        **pitch_flags.options(),
        **({} if _VITERBI.value else {"viterbi": False}),
    )
    if _RECORDS.value is not None:
        counts = preparation.export_tfrecords(
            output,
            _RECORDS.value,
            _SHARDS.value,
            _SECONDS.value,
            _HOP.value,
            _EVAL.value,
            _CENTER.value,
        )
        for name, count in counts.items():
            logging.info("%s-*: %d windows", name, count)
        if not any(counts.values()):
            logging.warning(
                "no recording is as long as --example_secs=%g s, so no window is in the TFRecords",
                _SECONDS.value,
            )
    ending.say_written(output)
    return status


if __name__ == "__main__":
    app.run(main, reads_gin=False)
