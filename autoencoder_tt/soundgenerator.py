"""Plays a recording, or a preprocessed clip, on the instrument that a model learned.

python -m autoencoder_tt.soundgenerator --model=model --input=in.wav --output=out/generated.wav
python -m autoencoder_tt.soundgenerator --model=model --output=out/generated.wav \\
    --input=data/f0_spectrograms/tune.wav.npy

Beside OUTPUT it draws original.png and generated.png.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, pitch_flags
from audio_tt.files import io

_MODEL = flags.DEFINE_string(
    "model", None, "Folder that training left, here or in the original.", required=True
)
_INPUT = flags.DEFINE_string("input", None, "Recording, or clip (.npy).", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Sound file to write.", required=True)
flags.adopt_module_key_flags(pitch_flags)
flags.FLAGS.set_default("f0_method", "pyin")
app.define_gpu_flag()

_DRAWN_SECONDS = 30
_BLOCK_SIZE = 65536


def main():
    """Writes the sound and both pictures."""
    io.check_writable(_OUTPUT.value, _INPUT.value)
    is_clip = _INPUT.value.lower().endswith(".npy")
    if not is_clip:
        io.info(_INPUT.value)  # before the framework is loaded for nothing

    from audio_tt.plots import charts
    from autoencoder_tt.published import clip_transfer
    from autoencoder_tt.trained import loading

    trained = loading.load(_MODEL.value)
    if is_clip:
        original, generated, rate = clip_transfer.play_preprocessed(trained, _INPUT.value)
        blocks = iter([generated])
    else:
        blocks, rate = _play(trained)
    io.write(_OUTPUT.value, blocks, rate)
    if not is_clip:
        original = _beginning(_INPUT.value, rate)
    for name, audio in (("original", original), ("generated", _beginning(_OUTPUT.value, rate))):
        charts.spectrogram(audio, rate, Path(_OUTPUT.value).with_name(f"{name}.png"))


def _play(trained):
    """Blocks of sound, and their sample rate, of a model of either design."""
    from autoencoder_tt import designs
    from autoencoder_tt.frames import transfer
    from autoencoder_tt.published import clip_transfer

    design, options = trained.design, pitch_flags.options()
    if isinstance(design, designs.PictureDesign):
        spectrogram = design.spectrogram
        blocks = io.blocks(_INPUT.value, spectrogram.sample_rate, spectrogram.n_samples)
        clip_transfer.check(trained)
        played = clip_transfer.play(design.network, spectrogram, blocks, _INPUT.value, **options)
        return played, spectrogram.sample_rate
    if not flags.FLAGS["f0_method"].present:
        options = {}  # it learned with CREPE
    rate = design.features.sample_rate
    blocks = io.blocks(_INPUT.value, rate, _BLOCK_SIZE)
    measured, n_samples = transfer.measure(blocks, design.features, _INPUT.value, **options)
    return transfer.play(trained, measured, n_samples), rate


def _beginning(path, sample_rate):
    return next(io.blocks(path, sample_rate, _DRAWN_SECONDS * sample_rate))


if __name__ == "__main__":
    app.run(main)
