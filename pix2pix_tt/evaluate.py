"""Measures trained generators on recordings of the same music by both instruments.

python -m pix2pix_tt.evaluate --model=models/keyboard_acoustic_2_guitar_acoustic \\
    --audios_path=audios/test --origin=keyboard_acoustic --target=guitar_acoustic

Several models, and several instruments to start from, are compared in one table:

python -m pix2pix_tt.evaluate --model=guitar_acoustic,string_acoustic \\
    --target=guitar_acoustic,string_acoustic --origin=keyboard_acoustic,unseen_piano \\
    --audios_path=audios/test
"""

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags

_MODEL = path_flags.DEFINE_paths(
    "model",
    None,
    "Folder of the model, its weights, or an included name; several, comma-separated.",
    required=True,
)
_AUDIOS = path_flags.DEFINE_path(
    "audios_path", None, "Folder of recordings, one folder an instrument inside.", required=True
)
_ORIGIN = flags.DEFINE_list("origin", None, "Instruments to start from.", required=True)
_TARGET = flags.DEFINE_list(
    "target", None, "Instrument to come near to, one for all models or one for each.", required=True
)
_STYLE = path_flags.DEFINE_path("style", None, "What a conditioned model plays.")
_PHASES = flags.DEFINE_list(
    "phases",
    None,
    "Phases to compare; input,griffin_lim,zero,random of one model, input of several.",
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Table to write as well, .csv or .json.")
_SEED = flags.DEFINE_integer("seed", 0, "Of random phase, and of a style from a folder.")


def main() -> int:
    """Prints the table."""
    from pix2pix_tt import evaluation
    from pix2pix_tt.playing import phases, styles
    from pix2pix_tt.trained import catalogue, loading

    for model in _MODEL.value:
        catalogue.find_weights(model)
    pairs_of = evaluation.choose(_MODEL.value, _TARGET.value, _ORIGIN.value)
    is_one = len(pairs_of) == 1
    methods = _PHASES.value or (phases.METHODS if is_one else ["input"])
    phases.check(methods)
    if _OUTPUT.value is not None:
        evaluation.check_extension(_OUTPUT.value)
    pairs, failed = {}, 0
    for _, origin, target in pairs_of:
        if (origin, target) not in pairs:
            found = evaluation.find_pairs(_AUDIOS.value, origin, target)
            pairs[origin, target], unreadable = evaluation.readable(found)
            failed += unreadable
    tables, loaded = {}, None
    for model, origin, target in pairs_of:
        if model != loaded:
            trained, loaded = loading.load(model, **gin_flags.given()), model
            style = styles.choose(trained, _STYLE.value, _SEED.value)
        rows = evaluation.evaluate(trained, pairs[origin, target], methods, style, _SEED.value)
        tables[model, origin] = rows
    if is_one:
        print(evaluation.as_markdown(rows))
    else:
        print(evaluation.summary(tables))
        rows = [
            {"model": model, "origin": origin, **row}
            for (model, origin), table in tables.items()
            for row in table
        ]
    if _OUTPUT.value is not None:
        evaluation.save(rows, _OUTPUT.value)
        ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
