"""A loaded model as every command plays it: audio in, as much audio out."""

import abc
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from absl import logging

from audio_tt.dsp.blocks import cut, resampled
from audio_tt.errors import UserError
from audio_tt.files.decoding import was_read_as_silence, zero_non_finite
from audio_tt.files.mono import to_mono
from audio_tt.playing.origin import Origin

if TYPE_CHECKING:
    from audio_tt.music.transcription import Transcription

SILENCE = 1e-4  # peak amplitude (-80 dB) below which a recording is silent


class Player(abc.ABC):
    """A model that is ready to play recordings of any length.

    What comes out is as long as what goes in, to the sample. A recording that is silent, or that
    holds nothing the model can follow, comes out as silence, with one warning. A player keeps its
    settings: whatever else is loaded later, it plays the same.

    Attributes:
      sample_rate: Hz, of what it is given and of what it gives.
      keeps_channels: whether it plays `[samples, channels]`, with as many channels out as in;
        otherwise it plays one channel, `[samples]`.
      origin: what it was loaded from; None of one that was made in memory.
    """

    sample_rate: int
    keeps_channels: bool = False
    origin: Origin | None = None

    @abc.abstractmethod
    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """Plays a recording that comes in blocks.

        Args:
          blocks: float32 at `sample_rate`, `[samples, channels]` where the player keeps channels
            and `[samples]` otherwise, of any lengths.
          name: of the recording, for messages.

        Yields:
          float32 blocks of the same kind, of any lengths, with as many samples in all.
        """

    def play_and_transcribe(
        self,
        blocks: Iterable[np.ndarray],
        report: Callable[["Transcription"], None],
        name: str = "the recording",
    ) -> Iterator[np.ndarray]:
        """`play`, and `report` is called with the notes before the first block comes.

        Raises:
          UserError: this player does not follow a pitch.
        """
        raise UserError(
            "this model does not play from a pitch, so it has no notes to write; "
            "python -m ddsp_tt.detect_pitch --midi=FILE writes those of a recording"
        )

    def render(
        self, audio: np.ndarray, sample_rate: int, name: str = "the recording"
    ) -> np.ndarray:
        """Plays a recording that is in memory.

        Args:
          audio: float32 `[samples]` or `[samples, channels]`.
          sample_rate: its own, Hz.
          name: of the recording, for messages.

        Returns:
          float32 at the player's rate, ceil(samples * ratio) long: shaped like `audio` where the
          player keeps channels, otherwise `[samples]`.
        """
        audio, not_finite = zero_non_finite(np.asarray(audio, np.float32))
        if not_finite:
            logging.warning("%s: %d samples are not finite numbers; played as 0.", name, not_finite)
        sound = audio if self.keeps_channels else to_mono(audio, name)
        if sound.ndim == 1 and self.keeps_channels:
            sound = sound[:, None]
        sound_blocks = resampled(cut(sound), sample_rate, self.sample_rate)
        played = list(self.play(sound_blocks, name))
        played = np.concatenate(played) if played else np.zeros_like(sound)
        return played[:, 0] if played.ndim == 2 and audio.ndim == 1 else played


def finite(blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """Yields the blocks, float32, with 0 where a sample is not a finite number."""
    for block in blocks:
        yield zero_non_finite(np.asarray(block, np.float32))[0]


def warn_of_silence(name: str, why: str = " is silent", advice: str = "") -> None:
    """Says why a recording comes out as silence, unless that was said when it was read."""
    if not was_read_as_silence(name):
        logging.warning("%s%s, so the output is silence%s", name, why, advice)
