"""The frame-wise design: recordings of any length, frame by frame."""

from collections.abc import Callable
from pathlib import Path

import gin
import numpy as np
from absl import logging

from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.files import io
from autoencoder_tt.design import Design
from autoencoder_tt.frames import encoding, recordings
from autoencoder_tt.frames.data import RecordingCrops
from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.frames.models import context_frames, frame_autoencoder
from autoencoder_tt.frames.player import PHASES, FramePlayer, Playing

_SAMPLE_SECONDS = 8.0


@gin.register(module="autoencoder_tt.designs")
class FrameDesign(Design):
    """The improved design.

    All its settings are read from gin when it is made, and kept.

    Attributes:
      features: `FrameSpectrogram`.
      network: `keras.Model`.
      playing: `Playing`.
      griffin_lim: `audio_tt.dsp.griffin_lim.GriffinLim`.
    """

    phases = PHASES

    def __init__(self):
        self.features = FrameSpectrogram()
        self.playing, self.griffin_lim = Playing(), GriffinLim()
        self.network = frame_autoencoder(
            self.features.n_bins, self.features.n_pitches, self.features.range_db
        )

    @property
    def sample_rate(self) -> int:
        """Of all audio, Hz."""
        return self.features.sample_rate

    @property
    def context(self) -> int:
        """Frames on either side that the network needs to draw one."""
        return context_frames(self.network)

    def open_data(self, path: str, measured_path: str, pitch: dict) -> RecordingCrops:
        """The recordings below a folder; what is measured of them is kept in another."""
        measured = recordings.measure_folder(path, self.features, measured_path, **pitch)
        return RecordingCrops(measured, self.features, self.context)

    def write_sizes(self, run_path: str | Path) -> None:
        """Nothing: the settings hold all sizes."""

    def sampler(self, data: RecordingCrops) -> Callable | None:
        """Plays the beginning of one recording after each epoch, see `Design.sampler`."""
        name = next(iter([*data.held_out_names, *data.training_names]))
        rate, hop = self.features.sample_rate, self.features.hop_length
        recording = data.measured[name]
        n_frames = min(round(_SAMPLE_SECONDS * self.features.frame_rate), len(recording["f0_hz"]))
        beginning = {key: recording[key][:n_frames] for key in recordings.FEATURES}
        if not self.features.is_voiced(beginning["confidence"]).any():
            return None
        instrument = FramePlayer(self, data.statistics())
        original = io.read(recording["path"], rate)[0][: n_frames * hop]

        def write(run, epoch):
            drawn = np.concatenate(list(instrument.play_measured(beginning, len(original))))
            for file, audio in (("drawn.wav", drawn), ("recording.wav", original)):
                io.write(run.sample_path(epoch, file), audio, rate)

        return write

    def player(
        self, name: str, statistics: dict | None, pitch: dict | None = None, seed: int = 0
    ) -> FramePlayer:
        """See `Design.player`; the pitch is tracked by CREPE unless told otherwise."""
        if statistics is None:
            logging.warning(
                "%s has no statistics.json, so loudness is not fitted to what it learned from", name
            )
        return FramePlayer(self, statistics, pitch, seed)

    def encode(self, path: str | Path, pitch: dict | None = None) -> np.ndarray:
        """See `Design.encode`; a row a frame."""
        audio, _ = io.read(path, self.sample_rate)
        return encoding.encode(self.network, self.features, audio, **(pitch or {}))
