"""Measures trained models on recordings that they have not learned from, and prints a table.

python -m autoencoder_tt.evaluate --models=runs/published,runs/flute --input=data/test/flute
python -m autoencoder_tt.evaluate --models=runs/published,runs/flute \\
    --input=data/parallel/accordion --target=data/parallel/flute
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io

_MODELS = path_flags.DEFINE_paths(
    "models", None, "Model folders, or names of included ones.", required=True
)
_INPUT = path_flags.DEFINE_paths("input", None, "Recordings to play.", required=True)
_TARGET = path_flags.DEFINE_paths(
    "target", None, "Recordings of the same names to come near to; by default those of --input."
)
_PHASES = flags.DEFINE_list(
    "phases", "harmonics", "Of the frame-wise design: harmonics, random, input."
)
_NOISE = flags.DEFINE_float(
    "noise_db", None, "White noise added to what is played, so many dB below its level."
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder for what the models play, as .wav.")
flags.adopt_module_key_flags(pitch_flags)


def main() -> int:
    """Prints the means over all recordings."""
    recordings = io.find_audio(_INPUT.value)

    from audio_tt.metrics import audio_metrics
    from autoencoder_tt.evaluation import scoring
    from autoencoder_tt.frames.player import PHASES
    from autoencoder_tt.trained import catalogue, loading

    if set(_PHASES.value) - set(PHASES):
        raise UserError(f"--phases are {', '.join(PHASES)}")
    for model in _MODELS.value:
        catalogue.find(model)
    pairs = zip(recordings, recordings, strict=True)
    if _TARGET.value:
        pairs = scoring.pairs_of(recordings, io.find_audio(_TARGET.value))
    names = batches.names(recordings)
    pairs, failed = batches.each(batches.readable_group, pairs)
    rows = {}
    labels = batches.distinct([Path(folder).name for folder in _MODELS.value])
    for folder, label in zip(_MODELS.value, labels, strict=True):
        player = loading.load_player(folder, pitch=pitch_flags.chosen(), **gin_flags.given())
        rate, figures = player.sample_rate, {}
        for source, target in app.progress(pairs, label, "recording"):
            audio = scoring.read_noisy(source, rate, _NOISE.value)
            true, _ = io.read(target, rate)
            for phase, played in player.render_phases(audio, _PHASES.value):
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
                io.read(target, rate)[0], scoring.read_noisy(source, rate, _NOISE.value), rate
            )
            for source, target in pairs
        ]
        rows["the input itself"] = audio_metrics.summarise(figures)
    print(f"{len(pairs)} recording(s)\n")
    print(scoring.as_markdown(rows))
    if _OUTPUT.value:
        ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
