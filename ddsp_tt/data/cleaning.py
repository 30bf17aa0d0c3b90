"""Recordings as they are learned from: as loud as they can be, without long silences, if wished."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from audio_tt.dsp.blocks import of_size
from audio_tt.dsp.units import db_to_amplitude
from audio_tt.files import io
from ddsp_tt.features.extraction import SAMPLE_RATE

PEAK = 0.99
SILENCE_DB = -50.0  # below the loudest frame
MARGIN_SECONDS = 0.5  # of silence that stays before and after every sound
_FRAME_RATE = 50


@dataclasses.dataclass(frozen=True)
class Cleaning:
    """What is done to a recording before it is measured.

    Attributes:
      normalize: bring its peak to 0.99.
      cut_silence: leave out what is 50 dB below its loudest 20 ms, but for half a second around
        every sound; what remains is joined.
    """

    normalize: bool = False
    cut_silence: bool = False

    def blocks(
        self, path: str | Path, block_size: int, sample_rate: int = SAMPLE_RATE
    ) -> Iterator[np.ndarray]:
        """Reads a recording of any length in bounded memory.

        Yields:
          float32 `[samples]` of `block_size` samples, the last one shorter; nothing of a silent
          recording whose silence is cut.
        """
        if not (self.normalize or self.cut_silence):
            yield from io.blocks(path, sample_rate, block_size)
            return
        frame = sample_rate // _FRAME_RATE
        levels, peak = _levels(path, block_size, sample_rate)
        gain = np.float32(PEAK / peak if self.normalize and peak > 0 else 1.0)
        kept = _sounding(levels) if self.cut_silence else np.ones(len(levels), bool)
        heard = io.blocks(path, sample_rate, _whole_frames(block_size, frame))
        yield from of_size((gain * block for block in _frames(heard, kept, frame)), block_size)


UNCHANGED = Cleaning()


def _whole_frames(block_size, frame):
    return max(block_size // frame, 1) * frame


def _levels(path, block_size, sample_rate):
    """Effective value of every 20 ms, and the peak of all."""
    levels, peak, frame = [], 0.0, sample_rate // _FRAME_RATE
    for block in io.blocks(path, sample_rate, _whole_frames(block_size, frame)):
        peak = max(peak, float(np.abs(block).max()))
        frames = np.pad(block, (0, -len(block) % frame)).reshape(-1, frame)
        levels.append(np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1)))
    return np.concatenate(levels), peak


def _frames(blocks, kept, frame):
    """Yields of blocks, in whole frames but the last, the frames that are kept."""
    first = 0
    for block in blocks:
        frames = kept[first : first + -(-len(block) // frame)]
        first += len(frames)
        yield block[np.repeat(frames, frame)[: len(block)]]


def _sounding(levels):
    """Which frames are near one that sounds."""
    sounds = (levels > 0) & (levels >= levels.max() * db_to_amplitude(SILENCE_DB))
    margin = round(MARGIN_SECONDS * _FRAME_RATE)
    return np.convolve(sounds, np.ones(2 * margin + 1), "same")[: len(sounds)] > 0.5
