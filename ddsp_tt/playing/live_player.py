"""Recordings played as if they came live."""

import itertools
import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from absl import logging

from audio_tt.dsp.blocks import of_size, silence
from audio_tt.pitch.polyphony import Opening
from audio_tt.playing.player import Player
from ddsp_tt.playing.engine.live import LiveInstrument


class LivePlayer(Player):
    """Plays recordings in blocks, as a sound card would bring them, and says how quickly.

    The latency is taken out again, so that the output lies on the recording. Silence sounds as the
    model plays it: nobody knows what follows.

    Args:
      instrument: see `LiveInstrument`, which gets the further settings too.
      block_size: samples at a time, at least 1.
    """

    def __init__(self, instrument: Any, block_size: int = 256, **settings: Any):
        self._instrument, self._block_size, self._settings = instrument, block_size, settings
        live = self.instrument()
        self.sample_rate, self.latency_ms = live.sample_rate, live.latency_ms
        self.origin = instrument.origin

    def instrument(self) -> LiveInstrument:
        """A `LiveInstrument` that has heard nothing yet."""
        return LiveInstrument(self._instrument, **self._settings)

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """See `Player.play`."""
        live, opening = self.instrument(), Opening(self.sample_rate)
        early, sounding, slowest, samples = live.latency_samples, 0.0, 0.0, 0
        with_end = itertools.chain(blocks, silence(live.latency_samples))
        for block in of_size(with_end, self._block_size):
            opening.push(block)
            begin = time.perf_counter()
            played = live.process(block)
            taken = time.perf_counter() - begin
            sounding, slowest, samples = sounding + taken, max(slowest, taken), samples + len(block)
            yield played[early:]
            early = max(early - len(played), 0)
        opening.warn_if_polyphonic(name)
        logging.info(
            "%s: %.2f times real time; the slowest block took %.1f of %.1f ms",
            name,
            samples / self.sample_rate / max(sounding, 1e-9),
            1000 * slowest,
            1000 * self._block_size / self.sample_rate,
        )
