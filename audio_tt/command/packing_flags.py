"""The flags of the commands that pack a training, which adopt them as key flags."""

from collections.abc import Callable
from pathlib import Path

from absl import flags

from audio_tt.command import ending, path_flags

_RUN = path_flags.DEFINE_path("run", None, "Run directory of the training.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
_DTYPE = flags.DEFINE_enum("dtype", "float16", ["float16", "float32"], "How weights are stored.")


def run(pack: Callable[[str | Path, str | Path, str], int]) -> None:
    """Packs what the flags say, and says how large the weights are.

    Args:
      pack: called with the run, the folder and the type of numbers; returns a size in bytes.
    """
    size = pack(_RUN.value, _OUTPUT.value, _DTYPE.value)
    print(f"{size / 2**20:.1f} MB of weights")
    ending.say_model(_OUTPUT.value)
