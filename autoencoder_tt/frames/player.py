"""Audio of one voice in, audio of the learned instrument out, frame by frame."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

import gin
import numpy as np
from absl import logging

from audio_tt.dsp import stft_blocks
from audio_tt.dsp.blocks import first_samples, silence
from audio_tt.dsp.units import db_to_amplitude
from audio_tt.errors import UserError
from audio_tt.pitch.octaves import octaves_into
from audio_tt.playing.player import finite
from autoencoder_tt.design import InstrumentPlayer
from autoencoder_tt.frames import measuring
from autoencoder_tt.frames.phases import HARMONICS, RANDOM, with_phase

RECORDED = "input"  # the phase of the recording as it is
PHASES = (HARMONICS, RANDOM, RECORDED)
_BLOCK_FRAMES = 512


@gin.configurable(module="autoencoder_tt.transfer")
@dataclasses.dataclass(frozen=True)
class Playing:
    """How what the network draws becomes sound.

    Attributes:
      phase: what the Griffin-Lim algorithm starts from: "harmonics", the phases that sines of this
        pitch have, or "random".
      before_seconds: so long before a stretch with pitch the instrument may be heard.
      after_seconds: and so long after it; then it is silent.
    """

    phase: str = HARMONICS
    before_seconds: float = 0.06
    after_seconds: float = 0.2

    def __post_init__(self):
        if self.phase not in PHASES[:2]:
            raise UserError(f"unknown phase {self.phase!r}; use {' or '.join(PHASES[:2])}")


class FramePlayer(InstrumentPlayer):
    """Plays one voice on a network of the frame-wise design.

    Loudness is moved to where the training data are, and the sound by as much the other way: the
    output is as loud as the recording from moment to moment. Only pitch and loudness of a recording
    are kept in memory, whatever its length.

    Args:
      design: a `FrameDesign`: its features, network, context, `playing` and `griffin_lim`.
      statistics: of the training data, see `data.RecordingCrops.statistics`; None fits nothing.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`; None for CREPE.
      seed: of random phase.
    """

    def __init__(
        self, design: Any, statistics: dict | None, pitch: dict | None = None, seed: int = 0
    ):
        self.sample_rate = design.features.sample_rate
        self._design, self._statistics = design, statistics
        self._pitch, self._seed = pitch or {}, seed

    def play(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> Iterator[np.ndarray]:
        """See `Player`."""
        measured, n_samples = self.measure(blocks, name)
        yield from self.play_measured(measured, n_samples)

    def measure(
        self, blocks: Iterable[np.ndarray], name: str = "the recording"
    ) -> tuple[dict[str, np.ndarray] | None, int]:
        """What is played of a recording, see `measuring.measure`.

        A melody that is too high or too low for the network is moved by octaves.
        """
        features = self._design.features
        measured, n_samples = measuring.measure(finite(blocks), features, name, **self._pitch)
        if measured is not None:
            voiced = features.is_voiced(measured["confidence"])
            moved = octaves_into(measured["f0_hz"][voiced], *features.range_hz)
            if moved:
                logging.info("%s is played %+d octaves from where it is", name, moved)
                measured["f0_hz"] = measured["f0_hz"] * np.float32(2.0**moved)
        return measured, n_samples

    def play_measured(
        self, measured: dict[str, np.ndarray] | None, n_samples: int, phase: str | None = None
    ) -> Iterator[np.ndarray]:
        """Plays what was measured.

        Args:
          measured: of `measure`; None makes silence.
          n_samples: length of the result.
          phase: "harmonics" or "random"; None for the design's.

        Yields:
          float32 `[samples]`, `n_samples` in all.
        """
        if measured is None:
            yield from silence(n_samples)
            return
        features, phase = self._design.features, phase or self._design.playing.phase
        spectra = with_phase(self.draw(measured), measured, features, phase, self._seed)
        refined = self._design.griffin_lim.refine(spectra, features)
        yield from self._sound(refined, n_samples)

    def render_phases(
        self, audio: np.ndarray, phases: tuple[str, ...]
    ) -> Iterator[tuple[str, np.ndarray]]:
        """See `InstrumentPlayer`."""
        measured, n_samples = self.measure([audio])
        for phase in [p for p in phases if p in PHASES] or [self._design.playing.phase]:
            if phase == RECORDED and measured is not None:
                spectra = self._with_recorded_phase(measured, audio)
                played = self._sound(spectra, n_samples)
            else:
                played = self.play_measured(measured, n_samples, phase)
            yield phase, np.concatenate([np.zeros(0, np.float32), *played])

    def draw(self, measured: dict[str, np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Draws what the network makes of a measured recording, block by block.

        Args:
          measured: of `measure`.

        Yields:
          (magnitude, picture): float32 `[n_bins, frames]`, and the picture of the pitch, in 0..1.
        """
        design, features = self._design, self._design.features
        context = design.context
        voiced = features.is_voiced(measured["confidence"])
        shift_db = 0.0
        if self._statistics is not None:
            usual_db = np.median(measured["loudness_db"][voiced])
            shift_db = self._statistics["loudness_db"] - usual_db
        gate = _gate(voiced, features.frame_rate, design.playing)
        n_frames, reach = len(voiced), context + 1  # the picture looks one frame further
        f0_hz = np.pad(measured["f0_hz"], reach)
        voiced = np.pad(voiced, reach)
        loudness_db = np.pad(measured["loudness_db"] + shift_db, reach, constant_values=-100.0)
        gain = gate * np.float32(db_to_amplitude(-shift_db))
        last = n_frames + 2 * reach - 1
        for start in range(0, n_frames, _BLOCK_FRAMES):
            # Blocks of one length, for networks to be compiled once.
            here = np.arange(start, start + _BLOCK_FRAMES + 2 * reach).clip(0, last)
            inputs = features.inputs(f0_hz[here], voiced[here], loudness_db[here])[None, 1:-1]
            count = min(_BLOCK_FRAMES, n_frames - start)
            levels = design.network.predict_on_batch(inputs)[0, :count]
            magnitude = features.to_magnitude(levels) * gain[start : start + count, None]
            picture = inputs[0, context : context + count, : features.n_bins]
            yield magnitude.T, picture.T

    def _sound(self, spectra, n_samples):
        """Yields the first samples `[samples]` of spectra of one channel."""
        sound = stft_blocks.synthesise(spectra, self._design.features)
        return first_samples((block[:, 0] for block in sound), n_samples)

    def _with_recorded_phase(self, measured, audio):
        """What is drawn, with the phase of the recording: complex64 `[1, n_bins, frames]` each."""
        spectrum = np.concatenate(
            list(stft_blocks.analyse([audio], self._design.features)), axis=-1
        )
        start = 0
        for magnitude, _ in self.draw(measured):
            here = slice(start, start + magnitude.shape[1])
            start = here.stop
            yield (magnitude * np.exp(1j * np.angle(spectrum[..., here]))).astype(np.complex64)


def _gate(voiced, frame_rate, playing):
    """1 where the instrument may sound, 0 far from any pitch, `[frames]`."""
    frames = np.arange(len(voiced))
    last = np.maximum.accumulate(np.where(voiced, frames, -(10**9)))
    following = np.minimum.accumulate(np.where(voiced, frames, 10**9)[::-1])[::-1]
    after, before = (
        np.maximum(1.0, seconds * frame_rate)
        for seconds in (playing.after_seconds, playing.before_seconds)
    )
    # Open for the first half of that time, closing in the second.
    opened = np.maximum(
        2.0 - 2.0 * (frames - last) / after, 2.0 - 2.0 * (following - frames) / before
    )
    return opened.clip(0.0, 1.0).astype(np.float32)
