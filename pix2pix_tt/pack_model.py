"""Packs what a training made into a small folder that plays.

python -m pix2pix_tt.pack_model --run=models/keyboard_acoustic_2_guitar_acoustic --output=guitar
"""

from absl import flags

from audio_tt.command import app, path_flags

_RUN = path_flags.DEFINE_path("run", None, "Run directory of the training.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
_DTYPE = flags.DEFINE_enum("dtype", "float16", ["float16", "float32"], "How weights are stored.")


def main() -> None:
    """One run, one folder."""
    from pix2pix_tt.trained import packing

    size = packing.pack(_RUN.value, _OUTPUT.value, _DTYPE.value)
    print(f"{_OUTPUT.value}: {size / 2**20:.1f} MB of weights")


if __name__ == "__main__":
    app.run(main, reads_gin=False)
