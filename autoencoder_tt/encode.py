"""Writes the values between encoder and decoder: an autoencoder is a feature extractor.

    python -m autoencoder_tt.encode --model=runs/mine --input=recordings --output=latent

INPUT is a recording, a folder of them (or of folders of them, one an instrument), or what
preprocess wrote. OUTPUT/NAME.npy is float32 [clips, values], or [frames, values] by a model that
reads frames. Draw them with autoencoder_tt.plot_latent.
"""

from absl import flags

from audio_tt.command import app, ending, gin_flags, path_flags, pitch_flags

_MODEL = path_flags.DEFINE_path(
    "model", None, "Folder or weights of a model, or an included name.", required=True
)
_INPUT = path_flags.DEFINE_path("input", None, "Recordings, or preprocessed clips.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
flags.adopt_module_key_flags(pitch_flags)


def main() -> int:
    """Encodes everything."""
    from autoencoder_tt.evaluation import encoding
    from autoencoder_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given())
    failed = encoding.encode_all(trained, _INPUT.value, _OUTPUT.value, pitch_flags.chosen())
    ending.say_written(_OUTPUT.value)
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main)
