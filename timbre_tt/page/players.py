"""Players that stay loaded, and what was heard in recordings, for the next transfer."""

import collections
import dataclasses
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

from audio_tt.playing.player import Player
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import files
from timbre_tt import systems


class Kept:
    """The last things that were made, by key; the one not used for longest goes first.

    Args:
      most: how many are kept.
    """

    def __init__(self, most: int):
        self._most, self._lock = most, threading.Lock()
        self._things: collections.OrderedDict = collections.OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What is kept by a key, or else what `make` returns, one at a time."""
        with self._lock:
            if key not in self._things:
                self._things[key] = make()
            self._things.move_to_end(key)
            while len(self._things) > self._most:
                self._things.popitem(last=False)
            return self._things[key]

    def find(self, key: Hashable) -> Any:
        """What is kept by a key, or None."""
        with self._lock:
            return self._things.get(key)


@dataclasses.dataclass(frozen=True)
class Tuning:
    """What can be set by hand, for the players that follow pitch and loudness.

    Attributes:
      octave: octaves to add.
      loudness_db: dB to add to what the instrument is asked for.
      autotune: how far pitch is drawn to a scale, 0 to 1.
      threshold: of note detection, 0 (everything is a note) to 2.
    """

    octave: int = 0
    loudness_db: float = 0.0
    autotune: float = 0.0
    threshold: float = 1.0

    def adjustment(self) -> Adjustment:
        """The same as DDSP players take it."""
        return Adjustment(
            octave_shift=int(self.octave),
            loudness_shift=float(self.loudness_db),
            autotune=float(self.autotune),
            threshold=float(self.threshold),
        )


UNTUNED = Tuning()


class Players:
    """Players of all systems, loaded once.

    Args:
      most: models that are kept in memory.
      most_recordings: recordings of which is kept what was heard.
    """

    def __init__(self, most: int = 8, most_recordings: int = 32):
        self._models, self._heard = Kept(most), Kept(most_recordings)

    def player(
        self,
        system: str,
        instrument: str,
        recording: Path,
        tuning: Tuning = UNTUNED,
        style: Path | None = None,
    ) -> Player:
        """A player for one transfer.

        Args:
          system: of `timbre_tt.systems.NAMES`.
          instrument: one that the system plays.
          recording: what will be played; it does not change while it is there.
          tuning: for a DDSP instrument; others have nothing to tune.
          style: a sound file, for the style system.

        Raises:
          UserError: it cannot be loaded.
        """
        options = {} if style is None else {"style": str(style)}
        loaded = self._models.get(
            (system, instrument, style, _version(system, instrument)),
            lambda: systems.player(system, instrument, **options),
        )
        if not _can_remember(loaded):
            return loaded
        return _Remembering(loaded.instrument, tuning.adjustment(), self._heard, recording)

    def heard(self, recording: Path, player: Player) -> "Heard | None":
        """What a player has heard in a recording, where it follows pitch and loudness."""
        if not isinstance(player, _Remembering):
            return None
        curves = self._heard.find(_key(recording, player.instrument))
        if curves is None:
            return None
        played = player.adjustment.apply(curves, player.instrument)
        return Heard(
            curves, {**curves, "f0_hz": played["f0_hz"]}, player.instrument.rates.frame_rate
        )


@dataclasses.dataclass(frozen=True, eq=False)
class Heard:
    """What was heard in a recording, and what was made of it.

    Attributes:
      curves: `f0_hz`, `f0_confidence`, `loudness_db`, float32 `[frames]` each.
      played: the same with the pitch that the instrument was asked for.
      frame_rate: frames a second.
    """

    curves: dict
    played: dict
    frame_rate: float


def _version(system, instrument):
    """What changes when an instrument of one's own is trained further."""
    return files.find(instrument).weights.stat().st_mtime_ns if system == "ddsp" else None


def _can_remember(player):
    if not isinstance(player, DdspPlayer):
        return False
    return player.instrument.reads_features and not player.instrument.reads_audio


class _Remembering(DdspPlayer):
    """Listens to a recording once, however often it is played and on how many instruments."""

    def __init__(self, instrument, adjustment, memory, recording):
        super().__init__(instrument, adjustment)
        self._memory, self._name = memory, recording

    def measure(self, recording: Any) -> dict:
        """See `DdspPlayer.measure`."""
        listen = super().measure
        key = _key(self._name, self.instrument)
        if self._memory.find(key) is not None:
            for _ in recording:  # counts it, and keeps its opening
                pass
        return self._memory.get(key, lambda: listen(recording))


def _key(recording, instrument):
    analysis = instrument.analysis
    return recording, analysis["convention"], analysis["power_window_length"], analysis["rates"]
