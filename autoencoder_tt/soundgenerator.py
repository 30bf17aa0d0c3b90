"""Plays recordings, or a preprocessed clip, on the instrument that a model learned.

python -m autoencoder_tt.soundgenerator --model=flute --input=in.wav --output=out/generated.wav
python -m autoencoder_tt.soundgenerator --model=model --input=songs --output_dir=out
python -m autoencoder_tt.soundgenerator --model=model --output=out/generated.wav \\
    --input=data/f0_spectrograms/tune.wav.npy

Of one recording it draws original.png and generated.png beside OUTPUT.
"""

import functools
from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.playing import conversion, playing_flags

_MODEL = path_flags.DEFINE_path(
    "model",
    None,
    "Folder or weights that training left, here or in the original, or an included instrument.",
    required=True,
)
_INPUT = path_flags.DEFINE_paths(
    "input", None, "Recording, folder or glob (repeatable), or clip (.npy).", required=True
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Sound file to write; for several, a folder.")
_SEED = flags.DEFINE_integer("seed", 0, "Of the phase of noise.", lower_bound=0)
flags.adopt_module_key_flags(playing_flags)
flags.adopt_module_key_flags(pitch_flags)

_DRAWN_SECONDS = 30


def main() -> int | None:
    """Writes the sounds, and of one recording both pictures."""
    if any(path.lower().endswith(".npy") for path in _INPUT.value):
        return _play_clip(_INPUT.value, _OUTPUT.value)
    model = Path(_MODEL.value)
    ending = "_" + (model.resolve().parent if model.is_file() else model).name
    jobs = conversion.plan(_INPUT.value, _OUTPUT.value, playing_flags.output_dir(), ending)
    if len(jobs) == 1:
        io.info(jobs[0].source)  # before the framework is loaded for nothing

    from autoencoder_tt.trained import loading

    load = functools.partial(
        loading.load_player,
        _MODEL.value,
        pitch=pitch_flags.chosen(),
        seed=_SEED.value,
        **gin_flags.given(),
    )
    status = conversion.play_all(jobs, load, playing_flags.output())
    if len(jobs) == 1:
        source, target = jobs[0].source, jobs[0].target
        rate = io.info(target).sample_rate
        _draw(target, _beginning(source, rate), _beginning(target, rate), rate)
    return status


def _play_clip(paths, output):
    """Plays a preprocessed clip, as the original does."""
    if len(paths) > 1 or output is None:
        raise UserError("a clip (.npy) is played by itself, with --output=FILE")
    io.check_writable(output, paths[0])
    if Path(output).exists() and not playing_flags.output().overwrite:
        raise UserError(f"{output} is there already; --overwrite replaces it")

    from autoencoder_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given())
    original, generated = trained.design.render_clip(trained.name, paths[0])
    rate = trained.design.sample_rate
    io.write(output, generated, rate)
    ending.say_written(output)
    _draw(output, original, generated, rate)


def _draw(output, original, generated, sample_rate):
    from audio_tt.plots import charts

    pictures = [Path(output).with_name(f"{name}.png") for name in ("original", "generated")]
    for picture, audio in zip(pictures, (original, generated), strict=True):
        charts.spectrogram(audio, sample_rate, picture)
    ending.say_written(*pictures)


def _beginning(path, sample_rate):
    return next(io.blocks(path, sample_rate, _DRAWN_SECONDS * sample_rate))


if __name__ == "__main__":
    app.run(main)
