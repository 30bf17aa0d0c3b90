"""Packs what a training made into a small folder that plays.

python -m autoencoder_tt.pack_model --run=runs/flute --output=autoencoder_tt/pretrained/flute
"""

from absl import flags

from audio_tt.command import app, path_flags

_RUN = path_flags.DEFINE_path("run", None, "Run directory of the training.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
_DTYPE = flags.DEFINE_enum("dtype", "float16", ["float16", "float32"], "How weights are stored.")


def main() -> None:
    """One run, one folder."""
    from autoencoder_tt.trained import packing

    size = packing.pack(_RUN.value, _OUTPUT.value, _DTYPE.value)
    print(f"{_OUTPUT.value}: {size / 2**20:.1f} MB of weights")


if __name__ == "__main__":
    app.run(main, reads_gin=False)
