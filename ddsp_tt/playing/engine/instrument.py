"""A trained model as plain numbers, and how it plays features."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from threadpoolctl import ThreadpoolController

from audio_tt.playing.origin import Origin
from ddsp_tt.features import fitting, loudness_scales
from ddsp_tt.features.rates import Rates
from ddsp_tt.playing.engine.network import Decoder, DecoderWeights, EncoderWeights
from ddsp_tt.playing.engine.synthesis import Group, Node
from ddsp_tt.synthesis.shared import F0_RANGE

_BLOCK_SAMPLES = 16384  # worked on at once: what lies between two steps stays in the cache


@dataclasses.dataclass(frozen=True)
class Instrument:
    """A DDSP autoencoder that plays without Keras.

    Attributes:
      name: of its folder.
      rates: of its audio and its frames.
      convention: of its loudness, see `ddsp_tt.features.loudness_scales`.
      statistics: of its training data; None where there are none.
      decoder: weights.
      nodes: of the processor group.
      power_window_length: samples at 16 kHz of a window of power; None where it reads none.
      encoder: weights; None where it has none. Only live sound is played through one.
      origin: what it was read from; None of one that was made in memory.
    """

    name: str
    rates: Rates
    convention: str
    statistics: dict | None
    decoder: DecoderWeights
    nodes: tuple[Node, ...]
    power_window_length: int | None = None
    encoder: EncoderWeights | None = None
    origin: Origin | None = None

    reads_features = True
    reads_audio = False

    @property
    def analysis(self) -> dict:
        """What it wants measured, as keyword arguments of `features.extraction.extract`."""
        return {
            "convention": self.convention,
            "rates": self.rates,
            "power_window_length": self.power_window_length,
        }

    def as_engine(self) -> "Instrument":
        """Itself."""
        return self

    def start(self, seed: int = 0) -> tuple[Decoder, Group]:
        """A decoder and a processor group at the beginning of a sound."""
        sizes = dict(self.decoder.output_splits)
        return Decoder(self.decoder), Group(self.nodes, sizes, self.rates.hop_length, seed)

    def scale(self, f0_hz: np.ndarray, level_db: np.ndarray) -> dict:
        """What the decoder reads.

        Args:
          f0_hz: `[frames, 1]`.
          level_db: loudness or power, `[frames, 1]` dB.
        """
        level = level_db / loudness_scales.get(self.convention).range_db + 1.0
        return {
            "f0_hz": f0_hz,
            "f0_scaled": fitting.hz_to_midi(f0_hz) / F0_RANGE,
            "ld_scaled": level,
            "pw_scaled": level,
        }

    def render(self, features: dict, seed: int = 0) -> Iterator[np.ndarray]:
        """Plays features of any length.

        Args:
          features: dict of float32 `[frames]` with `f0_hz` and `loudness_db`, or `power_db` where
            the model reads power.
          seed: of the noise.

        Yields:
          float32 `[samples]`; together `rates.hop_length` for each frame of the decoder.
        """
        features = self.rates.for_decoder(features)
        decode, play = self.start(seed)
        threads = ThreadpoolController()
        level_db = features["power_db" if self.power_window_length else "loudness_db"]
        step = max(_BLOCK_SAMPLES // self.rates.hop_length, play.ahead + 1)
        for first in range(0, len(level_db), step):
            frames = slice(first, first + step)
            # The products are too small to be divided: threads would wait for each other.
            with threads.limit(limits=1, user_api="blas"):
                scaled = self.scale(features["f0_hz"][frames, None], level_db[frames, None])
                outputs = {**scaled, **decode(scaled)}
                audio = play(outputs)
            yield audio
        yield play.finish(outputs)
