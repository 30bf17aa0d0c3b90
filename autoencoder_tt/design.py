"""What a design is asked for: features, network, data, and a player of what was trained.

gin says which one a model is of: `get_design.design = @PictureDesign()` (`published/design.py`) or
`@FrameDesign()` (`frames/design.py`).
"""

import abc
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.playing.origin import Origin
from audio_tt.playing.player import Player

DATA_SETS = ("RecordingCrops", "PicturePairs")  # of the two designs, as gin names them


@dataclasses.dataclass(frozen=True)
class HeldOut:
    """A batch that is not trained on.

    Attributes:
      inputs: what the network reads.
      targets: what it is to draw.
      to_db: function from what is drawn to levels in dB, `[batch, frames, bins]`.
    """

    inputs: np.ndarray
    targets: np.ndarray
    to_db: Callable[[np.ndarray], np.ndarray]


class InstrumentPlayer(Player):
    """A player that can play with more than one kind of phase."""

    @abc.abstractmethod
    def render_phases(
        self, audio: np.ndarray, phases: tuple[str, ...]
    ) -> Iterator[tuple[str, np.ndarray]]:
        """Plays a recording once for each phase, of which everything else is measured once.

        Args:
          audio: float32 `[samples]` at the player's rate.
          phases: names; those that the design does not have are left out, and where it has none of
            them it plays with its usual one.

        Yields:
          (phase, float32 `[samples]`).
        """


class Design(abc.ABC):
    """Features, network, data and player, as they belong together.

    Attributes:
      network: `keras.Model`, with a layer called "encoder".
      sample_rate: of all audio, Hz.
      phases: names of the phases that it can play with, the usual one first.
      reads_clips: whether it takes preprocessed clips (`published.clips`) in place of recordings.
    """

    network: Any
    sample_rate: int
    phases: tuple[str, ...]
    reads_clips: bool = False

    @abc.abstractmethod
    def open_data(self, path: str, measured_path: str, pitch: dict) -> Any:
        """The data set below a folder.

        It has `steps_per_epoch`, `batch(step)`, which depends on the seed and the step alone, and
        `held_out`, an iterable of `HeldOut`.

        Args:
          path: the folder.
          measured_path: folder that keeps what is measured, where anything is.
          pitch: keyword arguments of `audio_tt.pitch.tracking.track`.
        """

    @abc.abstractmethod
    def write_sizes(self, run_path: str | Path) -> None:
        """Writes what besides gin's settings belongs beside the weights, where anything does."""

    @abc.abstractmethod
    def sampler(self, data: Any) -> Callable | None:
        """What `training.loop.train` calls after an epoch: a function of the run and the epoch.

        It writes what the network makes of one recording of the data; None where that has no pitch.
        """

    @abc.abstractmethod
    def player(
        self, name: str, statistics: dict | None, pitch: dict | None = None, seed: int = 0
    ) -> InstrumentPlayer:
        """The player of the network as it is now.

        Args:
          name: of the model, for messages.
          statistics: of its training data; None where there are none.
          pitch: keyword arguments of the pitch tracker; None for the one that the design learns
            with.
          seed: of random phase.

        Raises:
          UserError: the model does not play.
        """

    @abc.abstractmethod
    def encode(self, path: str | Path, pitch: dict | None = None) -> np.ndarray:
        """The values between encoder and decoder of a sound file, float32 `[rows, values]`."""

    def encode_clip(self, path: str | Path) -> np.ndarray:
        """The same of one preprocessed clip, `[1, values]`."""
        raise UserError("the model reads no preprocessed clips; give it recordings")

    def render_clip(self, name: str, path: str | Path) -> tuple[np.ndarray, np.ndarray]:
        """Plays a preprocessed clip.

        Args:
          name: of the model, for messages.
          path: FOLDER/f0_spectrograms/NAME.npy or FOLDER/spectrograms/NAME.npy.

        Returns:
          (original, generated), float32 `[samples]` each.

        Raises:
          UserError: the design has no clips, or the file cannot be read.
        """
        raise UserError(f"{name} plays no preprocessed clips; give it a recording")


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """A model that is ready to play.

    Attributes:
      name: where it came from, for messages.
      design: its `Design`.
      statistics: of its training data, see `frames.data.RecordingCrops.statistics`; None where
        there are none.
      origin: what it was loaded from; None of one that was made in memory.
    """

    name: str
    design: Design
    statistics: dict | None
    origin: Origin | None = None

    def player(self, pitch: dict | None = None, seed: int = 0) -> InstrumentPlayer:
        """Its player, see `Design.player`."""
        player = self.design.player(self.name, self.statistics, pitch, seed)
        player.origin = self.origin and self.origin.and_choices(pitch=pitch, seed=seed)
        return player


@gin.configurable(module="autoencoder_tt.designs")
def get_design(design: Design = gin.REQUIRED) -> Design:
    """The design that gin names."""
    return design
