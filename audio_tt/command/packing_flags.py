"""The flags of the commands that pack a training, which adopt them as key flags."""

from collections.abc import Callable

from absl import flags

from audio_tt.command import ending, path_flags
from audio_tt.models import cards

_RUN = path_flags.DEFINE_path("run", None, "Run directory of the training.", required=True)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write.", required=True)
_CARD = path_flags.DEFINE_path(
    "card", None, "JSON with what the run does not know: summary, license, data, limits, figures."
)
_DTYPE = flags.DEFINE_enum("dtype", "float16", ["float16", "float32"], "How weights are stored.")


def run(pack: Callable[..., int]) -> None:
    """Packs what the flags say, and says how large the weights are.

    Args:
      pack: called with the run, the folder, the type of numbers and what the card is to say
        besides (see `audio_tt.models.cards`); returns a size in bytes.
    """
    told = cards.read_told(_CARD.value) if _CARD.value else None
    size = pack(_RUN.value, _OUTPUT.value, _DTYPE.value, told)
    print(f"{size / 2**20:.1f} MB of weights")
    ending.say_model(_OUTPUT.value)
