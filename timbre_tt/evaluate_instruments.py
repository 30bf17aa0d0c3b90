"""Measures instruments on held-out melodies, or on real recordings.

python -m timbre_tt.evaluate_instruments --data_dir=data/ddsp

prints two tables in Markdown: each instrument playing its own held-out recordings again, and one
playing those of another.

python -m timbre_tt.evaluate_instruments --real=solos --output_json=real.json

lets each instrument play a folder of real solos, named by who plays (flute_0.flac, singer_3.wav),
and prints how near it comes to the real recordings of its kind, what it kept of its input, and how
well it plays those of its own kind again. --models=new_flute=runs/flute judges a model in training.
"""

import functools
from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.metrics import tables
from audio_tt.metrics.tables import TITLES

_DATA_DIR = path_flags.DEFINE_path("data_dir", "data/ddsp", "Prepared INSTRUMENT/test folders.")
_INSTRUMENTS = flags.DEFINE_list("instruments", None, "Included instruments; all by default.")
_MODELS = path_flags.DEFINE_paths(
    "models", None, "Further models: a folder, or NAME=FOLDER, as in new_flute=runs/flute."
)
_PAIRS = flags.DEFINE_list("pairs", ["violin:flute"], "SOURCE:TARGET pairs.")
_REAL = path_flags.DEFINE_path("real", None, "Folder of real solos; judges on these instead.")
_ONLY_SOLOS = flags.DEFINE_list(
    "only_solos", None, "Kinds of solos that are played from, as in singer,trumpet; all by default."
)
_JSON = path_flags.DEFINE_path("output_json", None, "With --real: all figures, also by kind.")
_CAPACITY = flags.DEFINE_enum(
    "eval_crepe_capacity",
    None,
    pitch_flags.CAPACITIES,
    "For f0; by default the largest that is installed.",
)
_RATE = flags.DEFINE_integer("eval_frame_rate", 250, "Frames a second of f0.")

_RESYNTHESIS = (
    ("spectral_loss", TITLES["spectral_loss"], 3),
    ("loudness_l1_db", TITLES["loudness_l1_db"], 3),
    ("f0_l1_semitones", TITLES["f0_l1_semitones"], 3),
    ("f0_outliers", TITLES["f0_outliers"], 3),
    ("raw_pitch_accuracy", TITLES["raw_pitch_accuracy"], 3),
    ("mfcc_frechet", TITLES["mfcc_frechet"], 1),
)
_BETWEEN = (
    ("raw_pitch_accuracy", TITLES["raw_pitch_accuracy"], 3),
    ("f0_l1_semitones", TITLES["f0_l1_semitones"], 3),
    ("frechet_to_target", "MFCC-Frechet to target", 1),
    ("frechet_to_source", "to source", 1),
)
_KEPT = (
    ("raw_pitch_accuracy", TITLES["raw_pitch_accuracy"], 3),
    ("raw_chroma_accuracy", TITLES["raw_chroma_accuracy"], 3),
    ("loudness_correlation", TITLES["loudness_correlation"], 3),
    ("pitch_jumps", TITLES["pitch_jumps"], 2),
    ("sounding_breaths", TITLES["sounding_breaths"], 2),
)
_DISTANCES = (("", "", 0), ("_copied", "copying", 0), ("_halves", "halves", 0))


def main() -> None:
    """Prints the tables."""
    models, capacity = _chosen(), _judging_capacity()
    if _JSON.value and not _REAL.value:
        raise UserError("--output_json goes with --real")
    print(f"F0 by CREPE {capacity}, {_RATE.value} frames a second.\n")
    judge = _judge_on_real_solos if _REAL.value else _judge_on_held_out
    judge(models, _RATE.value, capacity)


def _judge_on_held_out(models, frame_rate, capacity):
    from ddsp_tt.data import example_files
    from ddsp_tt.evaluation import scoring
    from ddsp_tt.trained import catalogue, loading

    tracker = scoring.Tracker(frame_rate, capacity)
    examples = {}

    def held_out(name):
        if name not in examples:
            examples[name] = example_files.load_folder(Path(_DATA_DIR.value) / name / "test")
        return examples[name]

    rows = []
    for name, place in models.items():
        trained = loading.load(place)
        rows.append((name, scoring.resynthesis(trained, held_out(name), tracker)))
    print(_table("instrument", _RESYNTHESIS, rows))
    rows = []
    for pair in _PAIRS.value:
        source, target = pair.split(":")
        trained = loading.load(catalogue.folder(target))
        recordings = [example["audio"] for example in held_out(target)]
        scores = scoring.between(trained, held_out(source), recordings, tracker)
        rows.append((f"{source} -> {target}", scores))
    print(_table("transfer", _BETWEEN, rows))


def _judge_on_real_solos(models, frame_rate, capacity):
    from ddsp_tt.evaluation import real_solos
    from ddsp_tt.trained import loading

    tracker = real_solos.RememberingTracker(frame_rate, capacity)
    embeddings = _embeddings()
    solos = real_solos.read_solos(_REAL.value)
    judge = real_solos.Judge(solos, tracker, embeddings, _ONLY_SOLOS.value)
    print(f"{len(solos)} solos; played from: {', '.join(judge.played_from)}.\n")
    results = {}
    for name, place in models.items():
        results[name] = judge.judge(loading.load(place), name)
        if _JSON.value:
            made = {"crepe": capacity, "frame_rate": frame_rate, "models": results}
            tables.write_json(_JSON.value, made)
    for embedding in embeddings:
        columns = [
            (f"{embedding}_frechet{suffix}", title or _distance_name(embedding), digits)
            for suffix, title, digits in _DISTANCES
        ]
        print(_table("instrument", columns, _rows(results, "timbre")))
    print(_table("instrument", _KEPT, _rows(results, "kept")))
    by_kind = [
        (f"{name} plays {kind}", scores)
        for name, result in results.items()
        for kind, scores in result["kept_by_kind"].items()
    ]
    print(_table("instrument", _KEPT, by_kind))
    print(_table("its own again", _RESYNTHESIS, _rows(results, "resynthesis")))
    if _JSON.value:
        ending.say_written(_JSON.value)


def _chosen():
    """The models by name: a folder each, or the name of an included instrument."""
    from ddsp_tt.trained import catalogue

    models = {}
    given = [*(_INSTRUMENTS.value or ()), *(_MODELS.value or ())]
    for entry in given or catalogue.instruments():
        name, _, place = entry.rpartition("=")
        catalogue.MODELS.find(place)
        models[name or Path(place).name] = place
    return models


def _judging_capacity():
    from audio_tt.pitch import crepe

    return _CAPACITY.value or crepe.largest_installed()


def _embeddings():
    """What Frechet distances are taken of, by name; musicnn's where it is installed."""
    from audio_tt.embeddings import musicnn
    from audio_tt.metrics import spectral_metrics

    found = {
        "mfcc": functools.partial(spectral_metrics.sounding_mfcc, sample_rate=musicnn.SAMPLE_RATE)
    }
    try:
        musicnn.load()
    except UserError as error:
        logging.warning("no Frechet audio distance: %s", error)
        return found
    return {**found, musicnn.NAME: musicnn.embed}


def _distance_name(embedding):
    is_mfcc = embedding == "mfcc"
    return TITLES["mfcc_frechet"] if is_mfcc else f"Frechet audio distance ({embedding})"


def _rows(results, part):
    return [(name, result[part]) for name, result in results.items() if part in result]


def _table(first, columns, rows):
    lines = [
        [name, *(f"{scores[key]:.{digits}f}" for key, _, digits in columns)]
        for name, scores in rows
    ]
    return tables.markdown([first, *(title for _, title, _ in columns)], lines) + "\n"


if __name__ == "__main__":
    app.run(main, reads_gin=False)
