"""Measures a trained generator on recordings of the same music by both instruments.

python -m pix2pix_tt.evaluate --model=models/keyboard_acoustic_2_guitar_acoustic \\
    --audios_path=audios/test --origin=keyboard_acoustic --target=guitar_acoustic
"""

from absl import flags

from audio_tt.command import app, gin_flags, path_flags

_MODEL = path_flags.DEFINE_path(
    "model", None, "Folder of the model, its weights, or an included name.", required=True
)
_AUDIOS = path_flags.DEFINE_path(
    "audios_path", None, "Folder of recordings, one folder an instrument inside.", required=True
)
_ORIGIN = flags.DEFINE_string("origin", None, "Instrument to start from.", required=True)
_TARGET = flags.DEFINE_string("target", None, "Instrument to come near to.", required=True)
_STYLE = path_flags.DEFINE_path("style", None, "What a conditioned model plays.")
_PHASES = flags.DEFINE_list("phases", "input,griffin_lim,zero,random", "Phases to compare.")
_OUTPUT = path_flags.DEFINE_path("output", None, "Table to write as well, .csv or .json.")
_SEED = flags.DEFINE_integer("seed", 0, "Of random phase, and of a style from a folder.")
app.define_gpu_flag()


def main():
    """Prints the table."""
    from pix2pix_tt import evaluation
    from pix2pix_tt.playing import phases, styles
    from pix2pix_tt.trained import loading

    phases.check(_PHASES.value)
    if _OUTPUT.value is not None:
        evaluation.check_extension(_OUTPUT.value)
    pairs = evaluation.find_pairs(_AUDIOS.value, _ORIGIN.value, _TARGET.value)
    pairs, failed = evaluation.readable(pairs)
    trained = loading.load(_MODEL.value, **gin_flags.given())
    style = styles.choose(trained, _STYLE.value, _SEED.value)
    rows = evaluation.evaluate(trained, pairs, _PHASES.value, style, _SEED.value)
    print(evaluation.as_markdown(rows))
    if _OUTPUT.value is not None:
        evaluation.save(rows, _OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
