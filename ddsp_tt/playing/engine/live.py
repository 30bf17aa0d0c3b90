"""A trained model as an instrument that is played live."""

from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController

from audio_tt.errors import UserError
from ddsp_tt.features import fitting
from ddsp_tt.features.rates import MEASURING_RATE
from ddsp_tt.playing.engine.analysis import (
    PitchFollower,
    Resampler,
    Stretch,
    checked,
    loudness_meter,
    power_meter,
)
from ddsp_tt.playing.engine.network import Encoder
from ddsp_tt.playing.engine.synthesis import keys_from_outside

PITCH_DELAY = 256  # the rest of CREPE's look-ahead is what the loudness waits for as well


class LiveInstrument:
    """Audio of a voice in, audio of the instrument out, in blocks of any size.

    What comes out does not depend on how the input is cut into blocks, and is what
    `Instrument.render` makes of the same pitch and loudness, `latency_samples` later. What differs
    from a file is the pitch, which there is smoothed with what comes later, and at other rates than
    16 kHz a shorter filter before measuring.

    Args:
      instrument: an `engine.instrument.Instrument`, or a `loading.TrainedModel`.
      octave_shift: octaves to add to the pitch, as nobody knows a live input's register in advance.
      loudness_shift: dB to add to the loudness or power.
      seed: of the noise.
      pitch_delay: samples at 16 kHz by which the pitch comes later than the loudness, 0 to 511; as
        much less is waited, as far as the loudness and an encoder let it.

    Attributes:
      sample_rate: Hz, of input and output.
      latency_samples: how much later the output comes.
      latency_ms: the same in milliseconds.

    Raises:
      UserError: the model has a part that cannot be played live.

    Example:
      instrument = LiveInstrument(instruments.load("runs/mine"))
      for block in microphone:
        loudspeaker(instrument.process(block))
    """

    def __init__(
        self,
        instrument: Any,
        octave_shift: int = 0,
        loudness_shift: float = 0.0,
        seed: int = 0,
        pitch_delay: int = PITCH_DELAY,
    ):
        instrument = self._instrument = instrument.as_engine()
        rates = instrument.rates
        if rates.samples_per_frame:
            raise UserError(
                f"{instrument.name}: its frames are {rates.hop_length} samples at "
                f"{rates.sample_rate} Hz, which are not measured live; it plays recordings"
            )
        self.sample_rate = rates.sample_rate
        self._hop, self._measuring_hop = rates.hop_length, rates.measuring_hop_length
        self._octaves, self._decibels = octave_shift, loudness_shift
        self._decoder, self._group = instrument.start(seed)
        outputs = {name for name, _ in instrument.decoder.output_splits}
        read = {*instrument.decoder.input_keys} | keys_from_outside(instrument.nodes) - outputs
        unknown = read - {"ld_scaled", "pw_scaled", "f0_scaled", "f0_hz", "z"}
        if unknown:
            raise UserError(
                f"a model that reads {', '.join(sorted(unknown))} cannot be played live"
            )
        self._pitch = self._level = self._encoder = None
        if read & {"f0_hz", "f0_scaled"}:
            self._pitch = PitchFollower(_usual_pitch(instrument.statistics), pitch_delay)
        if "ld_scaled" in read:
            self._level = loudness_meter(instrument.convention)
        elif "pw_scaled" in read:
            self._level = power_meter(instrument.power_window_length)
        if "z" in read:
            self._encoder = Encoder(instrument.encoder)
        analyses = [x for x in (self._pitch, self._level, self._encoder) if x is not None]
        self._before = max(x.before for x in analyses)
        self._after = max(x.after for x in analyses)
        # Frames come one at a time, or with an encoder as many as one latent stands for.
        self._step = 1
        if self._encoder:
            self._step = self._encoder.hop_length // self._measuring_hop
        self._resampler = None
        waited = self._after - 1
        if self.sample_rate != MEASURING_RATE:
            self._resampler = Resampler(self.sample_rate)
            waited = self._resampler.wait(waited)
        self.latency_samples = waited + (self._step + self._group.ahead - 1) * self._hop
        self.latency_ms = 1000.0 * self.latency_samples / self.sample_rate

        self._input = Stretch(self._before)
        self._taken = 0  # samples at 16 kHz
        self._frames = 0
        self._latents = None  # the last one, [1, z_dims]
        self._output = np.zeros(self.latency_samples, "float32")
        self._threads = ThreadpoolController()

    def process(self, block: np.ndarray) -> np.ndarray:
        """Takes the next samples and gives as many, `latency_samples` later.

        Args:
          block: `[samples]`, any number of them; what is not finite counts as silence.

        Returns:
          float32 `[samples]`.
        """
        block = checked(block)
        measured = self._resampler(block) if self._resampler else block
        self._input.push(measured)
        self._taken += len(measured)
        steps = (self._taken - self._after) // (self._step * self._measuring_hop)
        frames = steps * self._step + 1
        if self._taken >= self._after and frames > self._frames:
            # The products are too small to be worth dividing among threads.
            with self._threads.limit(limits=1, user_api="blas"):
                audio = self._play(frames - self._frames)
            self._output = np.concatenate([self._output, audio])
        now, self._output = self._output[: len(block)], self._output[len(block) :]
        return now

    def _play(self, count):
        """Audio that the next `count` frames make certain."""
        f0_hz = level_db = np.zeros((count, 1))
        if self._pitch:
            tracked, _ = self._analyse(self._pitch, count)
            f0_hz = fitting.shift_f0(tracked, self._octaves)[:, None]
        if self._level:
            level_db = (self._analyse(self._level, count) + self._decibels)[:, None]
        measured = self._instrument.scale(f0_hz, level_db)
        if self._encoder:
            measured["z"] = self._encode(count)
        self._frames += count
        hop = self._measuring_hop
        self._input.forget((self._frames - self._step) * hop - self._before)
        return self._group({**measured, **self._decoder(measured)})

    def _analyse(self, analysis, count):
        hop = self._measuring_hop
        first = self._frames * hop - analysis.before
        stop = (self._frames + count - 1) * hop + analysis.after
        return analysis(self._input.cut(first, stop), hop)

    def _encode(self, count):
        """Latents of the next frames, between those that the encoder gives."""
        encoder, ratio = self._encoder, self._step
        first = -(-self._frames // ratio)  # the latents before it are known
        last = (self._frames + count - 1) // ratio
        start = first * encoder.hop_length - encoder.before
        latents = encoder(self._input.cut(start, last * encoder.hop_length + encoder.after))
        if self._latents is not None:
            latents = np.concatenate([self._latents, latents])
            first -= 1
        self._latents = latents[-1:]
        position = np.arange(self._frames, self._frames + count) / ratio - first
        index = np.floor(position).astype(int)
        rest = (position - index)[:, None]
        if encoder.windowed:
            rest = 0.5 - 0.5 * np.cos(np.pi * rest)
        following = np.minimum(index + 1, len(latents) - 1)
        return latents[index] * (1.0 - rest) + latents[following] * rest


def _usual_pitch(statistics):
    """What stands for the pitch until one is waited, Hz."""
    midi = (statistics or {}).get("mean_pitch", 69.0)
    return float(fitting.midi_to_hz(midi))
