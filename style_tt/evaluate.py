"""Compares settings: how much of the content each keeps, and how near to the style it comes.

python -m style_tt.evaluate flute.wav violin.wav trumpet.wav flute.wav \\
    --settings=style/default.gin,style/published.gin --content_seconds=4 --output=table.csv

Contents and styles in turn. What stands in OUTPUT already, of the same sounds,
settings and seed, is not computed again.
"""

from absl import flags

from audio_tt import gin_reading
from audio_tt.command import app, ending, gin_flags, path_flags

_SETTINGS = path_flags.DEFINE_paths(
    "settings", ["style/default.gin"], "Gin files to compare, each on top of the default settings."
)
_CONTENT_SECONDS = flags.DEFINE_float(
    "content_seconds", None, "Of each content that count.", lower_bound=0.1
)
_STYLE_SECONDS = flags.DEFINE_float(
    "style_seconds", None, "Of each style that count.", lower_bound=0.1
)
_START = flags.DEFINE_float("start", 0.0, "Where in each file to begin, in s.", lower_bound=0.0)
_PER_PAIR = flags.DEFINE_bool("per_pair", False, "Print every pair, not the means.")
_OUTPUT = path_flags.DEFINE_path("output", None, "Table (.csv) to write, and to go on with.")
_SEED = flags.DEFINE_integer("seed", 0, "Of noise and of random phase.", lower_bound=0)


def main(*paths: str) -> int:
    """Prints the table."""
    from style_tt import evaluation

    for setting in _SETTINGS.value:
        gin_reading.find(setting)
    finished = evaluation.load(_OUTPUT.value) if _OUTPUT.value else []
    pairs, failed = evaluation.read_pairs(
        paths, _CONTENT_SECONDS.value, _STYLE_SECONDS.value, _START.value
    )

    def report(rows):
        if _OUTPUT.value:
            evaluation.save(rows, _OUTPUT.value)

    rows = evaluation.evaluate(
        pairs, _SETTINGS.value, _SEED.value, finished, report, **gin_flags.given()
    )
    print(evaluation.as_markdown(rows, _PER_PAIR.value))
    if _OUTPUT.value:
        ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main, positional="FILE...")
