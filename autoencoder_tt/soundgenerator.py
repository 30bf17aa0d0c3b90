"""Plays a recording, or a preprocessed clip, on an instrument that the published system learned.

python -m autoencoder_tt.soundgenerator --model=model --input=in.wav --output=out/generated.wav
python -m autoencoder_tt.soundgenerator --model=model --output=out/generated.wav \\
    --input=data/f0_spectrograms/tune.wav.npy

Beside OUTPUT it draws original.png and generated.png.
"""

from pathlib import Path

from absl import flags

from audio_tt import app, io, pitch_flags

_MODEL = flags.DEFINE_string(
    "model", None, "Folder with parameters.pkl and weights.h5.", required=True
)
_INPUT = flags.DEFINE_string("input", None, "Recording, or clip (.npy).", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Sound file to write.", required=True)
flags.adopt_module_key_flags(pitch_flags)
flags.FLAGS.set_default("f0_method", "pyin")
app.define_gpu_flag()

_DRAWN_SECONDS = 30


def main():
    """Writes the sound and both pictures."""
    io.check_writable(_OUTPUT.value)
    is_clip = _INPUT.value.lower().endswith(".npy")
    if not is_clip:
        io.info(_INPUT.value)  # before the framework is loaded for nothing

    from audio_tt import plots
    from autoencoder_tt import clip_models, clip_transfer
    from autoencoder_tt.features import ClipSpectrogram

    network = clip_models.load(_MODEL.value)
    app.parse_gin()
    spectrogram = ClipSpectrogram()
    if is_clip:
        original, generated = clip_transfer.play_preprocessed(network, spectrogram, _INPUT.value)
        blocks = iter([generated])
    else:
        blocks = clip_transfer.play(
            network,
            spectrogram,
            io.blocks(_INPUT.value, spectrogram.sample_rate, spectrogram.n_samples),
            _INPUT.value,
            **pitch_flags.options(),
        )
    io.write(_OUTPUT.value, blocks, spectrogram.sample_rate)
    if not is_clip:
        original = _beginning(_INPUT.value, spectrogram.sample_rate)
    generated = _beginning(_OUTPUT.value, spectrogram.sample_rate)
    for name, audio in (("original", original), ("generated", generated)):
        path = Path(_OUTPUT.value).with_name(f"{name}.png")
        plots.spectrogram(audio, spectrogram.sample_rate, path)


def _beginning(path, sample_rate):
    return next(io.blocks(path, sample_rate, _DRAWN_SECONDS * sample_rate))


if __name__ == "__main__":
    app.run(main)
