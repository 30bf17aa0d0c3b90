"""Measures trained models on recordings that they have not learned from, and prints a table.

python -m autoencoder_tt.evaluate --models=runs/published,runs/flute --input=data/test/flute
python -m autoencoder_tt.evaluate --models=runs/published,runs/flute \\
    --input=data/parallel/accordion --target=data/parallel/flute
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io

_MODELS = flags.DEFINE_list("models", None, "Run directories, comma-separated.", required=True)
_INPUT = flags.DEFINE_list("input", None, "Recordings to play.", required=True)
_TARGET = flags.DEFINE_list(
    "target", None, "Recordings of the same names to come near to; by default those of --input."
)
_PHASES = flags.DEFINE_list(
    "phases", "harmonics", "Of the frame-wise design: harmonics, random, input."
)
_NOISE = flags.DEFINE_float(
    "noise_db", None, "White noise added to what is heard, so many dB below its level."
)
_OUTPUT = flags.DEFINE_string("output", None, "Folder for what the models play, as .wav.")
flags.adopt_module_key_flags(pitch_flags)


def main():
    """Prints the means over all recordings."""
    heard = io.find_audio(_INPUT.value)

    from audio_tt.metrics import audio_metrics
    from autoencoder_tt.evaluation import scoring
    from autoencoder_tt.trained import loading

    if set(_PHASES.value) - set(scoring.PHASES):
        raise UserError(f"--phases are {', '.join(scoring.PHASES)}")
    pairs = zip(heard, heard, strict=True)
    if _TARGET.value:
        pairs = scoring.pairs_of(heard, io.find_audio(_TARGET.value))
    names = batches.names(heard)
    pairs, failed = batches.each(batches.readable_group, pairs)
    # By default each design gets its pitch from the tracker that it learned with.
    options = pitch_flags.options() if flags.FLAGS["f0_method"].present else {}
    rows = {}
    labels = batches.distinct([Path(folder).name for folder in _MODELS.value])
    for folder, label in zip(_MODELS.value, labels, strict=True):
        trained = loading.load(folder)
        app.parse_gin()
        figures = {}
        for source, target in app.progress(pairs, label, "recording"):
            rate = scoring.rate_of(trained)
            audio = scoring.hear(source, rate, _NOISE.value)
            true, _ = io.read(target, rate)
            for phase, played in scoring.play(trained, audio, _PHASES.value, **options):
                figures.setdefault(f"{label}, {phase} phase", []).append(
                    scoring.compare(true, played, rate)
                )
                if _OUTPUT.value:
                    name = f"{label}_{phase}_{names[source]}.wav"
                    io.write(Path(_OUTPUT.value) / name, played, rate)
        rows |= {title: audio_metrics.summarise(rows_of) for title, rows_of in figures.items()}
    if _TARGET.value or _NOISE.value is not None:
        figures = [
            scoring.compare(
                io.read(target, rate)[0], scoring.hear(source, rate, _NOISE.value), rate
            )
            for source, target in pairs
        ]
        rows["the input itself"] = audio_metrics.summarise(figures)
    print(f"{len(pairs)} recording(s)\n")
    print(scoring.as_markdown(rows))
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
