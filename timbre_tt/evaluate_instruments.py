"""Measures the instruments that come with the package on held-out melodies.

python -m timbre_tt.evaluate_instruments --data_dir=data/ddsp

prints two tables in Markdown: each instrument playing its own held-out recordings again, and one
playing those of another.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, path_flags, pitch_flags

_DATA_DIR = path_flags.DEFINE_path("data_dir", "data/ddsp", "Prepared INSTRUMENT/test folders.")
_INSTRUMENTS = flags.DEFINE_list("instruments", None, "Those of the first table; all by default.")
_PAIRS = flags.DEFINE_list("pairs", ["violin:flute"], "SOURCE:TARGET pairs.")
_CAPACITY = flags.DEFINE_enum("eval_crepe_capacity", "full", pitch_flags.CAPACITIES, "For f0.")
_RATE = flags.DEFINE_integer("eval_frame_rate", 250, "Frames a second of f0.")

_RESYNTHESIS = (
    ("spectral_loss", "spectral loss"),
    ("loudness_l1_db", "Loudness L1 (dB)"),
    ("f0_l1_semitones", "F0 L1 (semitones)"),
    ("f0_outliers", "F0 outliers"),
    ("raw_pitch_accuracy", "raw pitch accuracy"),
    ("mfcc_frechet", "MFCC-Frechet"),
)
_BETWEEN = (
    ("raw_pitch_accuracy", "raw pitch accuracy"),
    ("f0_l1_semitones", "F0 L1 (semitones)"),
    ("frechet_to_target", "MFCC-Frechet to target"),
    ("frechet_to_source", "to source"),
)


def main():
    """Prints both tables."""
    from ddsp_tt.data import example_files
    from ddsp_tt.evaluation import scoring
    from ddsp_tt.trained import catalogue, loading

    tracker = scoring.Tracker(_RATE.value, _CAPACITY.value)
    examples = {}

    def held_out(name):
        if name not in examples:
            examples[name] = example_files.load_folder(Path(_DATA_DIR.value) / name / "test")
        return examples[name]

    print(f"F0 by CREPE {_CAPACITY.value}, {_RATE.value} frames a second.\n")
    rows = []
    for name in _INSTRUMENTS.value or catalogue.instruments():
        trained = loading.load(catalogue.folder(name))
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


def _table(first, columns, rows):
    lines = [f"| {first} | " + " | ".join(title for _, title in columns) + " |"]
    lines.append("| --- |" + " ---: |" * len(columns))
    for name, scores in rows:
        cells = " | ".join(f"{scores[key]:.3f}" for key, _ in columns)
        lines.append(f"| {name} | {cells} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    app.run(main)
