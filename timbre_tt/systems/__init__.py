"""The systems as `timbre-transfer`, the comparison and the benchmark suite see them.

Each is a module here, called as its system is, and has

    INSTRUMENT                    what it plays on when nothing is asked for
    instruments()                 {name: what it can be played from, in a few words}
    define_flags()                defines the system's own flags, for `timbre-transfer` alone
    options()                     those flags as keyword arguments of `load`
    load(instrument, **options)   the `Player` of an instrument; without options, as by default
    variants(instrument)          {label: options of `load`, another instrument among them} for
                                  comparisons, where one way to play does not say all; may be left
                                  out

`load` raises UserError where it cannot give one, and its message says why in one line: the other
commands print it beside the system's name. Importing a module neither defines flags, because the
systems have names of flags in common, nor loads a framework.

Gin's settings belong to the process and are read by `load`, some of them only while playing. So a
player is used up before the next one is loaded.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from audio_tt.errors import UserError

# In order of preference: the first that has the instrument plays it, see docs/results.md.
NAMES = ("ddsp", "pix2pix", "autoencoder", "style")

_BLOCK_SIZE = 65536


@dataclasses.dataclass(frozen=True)
class Player:
    """A loaded model that plays recordings of any length on one instrument.

    Attributes:
      sample_rate: Hz, of what it is given and of what it gives.
      keeps_channels: whether blocks are `[samples, channels]` and come out with as many channels;
        otherwise they are mono, `[samples]`.
      function: of (an iterator of float32 blocks, the recording's name for messages). It yields
        float32 blocks with as many samples in all. A recording that is silent, or holds nothing
        that the system can follow, comes out as silence with one warning.
      subtype: of wav files, as `audio_tt.files.io.write` names it; None for its default.
    """

    sample_rate: int
    keeps_channels: bool
    function: Callable[[Iterator[np.ndarray], str], Iterable[np.ndarray]]
    subtype: str | None = None

    def play(self, blocks: Iterable[np.ndarray], name: str = "the recording"):
        """Yields what comes of blocks that are at the player's own rate; see `function`."""
        yield from self.function(iter(blocks), name)

    def render(self, audio: np.ndarray, sample_rate: int, name: str = "the recording"):
        """Plays a recording that is in memory.

        Args:
          audio: float32 `[samples]` or `[samples, channels]`, at least one sample.
          sample_rate: its own, Hz.
          name: of the recording, for messages.

        Returns:
          float32 at the player's rate: shaped like `audio` where the player keeps channels,
          otherwise `[samples]`.
        """
        import soxr

        audio = np.asarray(audio, np.float32)
        sounds = audio.mean(axis=1) if audio.ndim == 2 and not self.keeps_channels else audio
        if sample_rate != self.sample_rate:
            sounds = soxr.resample(sounds, sample_rate, self.sample_rate)
        if self.keeps_channels:
            sounds = sounds.reshape(len(sounds), -1)
        blocks = (sounds[i : i + _BLOCK_SIZE] for i in range(0, len(sounds), _BLOCK_SIZE))
        played = np.concatenate(list(self.play(blocks, name)))
        return played[:, 0] if played.ndim == 2 and audio.ndim == 1 else played


def load(name: str):
    """The module of a system."""
    return importlib.import_module(f"timbre_tt.systems.{name}")


def variants(name: str, instrument: str) -> dict[str, dict]:
    """{label: options of `load`}: the ways in which comparisons let a system play."""
    module = load(name)
    return module.variants(instrument) if hasattr(module, "variants") else {name: {}}


def player(name: str, instrument: str, **options) -> Player:
    """Loads the player of a system, whichever were loaded before."""
    import gin

    with gin.unlock_config():  # modules that are imported only now register their settings
        return load(name).load(instrument, **options)


def best_for(instrument: str | None) -> str:
    """The system that plays an instrument best.

    Raises:
      UserError: none has it.
    """
    if instrument is None:
        return NAMES[0]
    for name in NAMES:
        if instrument in load(name).instruments():
            return name
    known = sorted({known for name in NAMES for known in load(name).instruments()})
    raise UserError(f"no instrument is called {instrument!r}; there are: {', '.join(known)}")
