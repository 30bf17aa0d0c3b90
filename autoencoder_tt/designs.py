"""The two designs: features, network, and the data that train it, as they belong together.

gin says which one a model is of: `get_design.design = @PictureDesign()` or `@FrameDesign()`.
"""

import dataclasses
from pathlib import Path

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import io
from autoencoder_tt.data import PicturePairs, RecordingCrops
from autoencoder_tt.frames import recordings, transfer
from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.frames.models import context_frames, frame_autoencoder
from autoencoder_tt.published import clips
from autoencoder_tt.published.features import ClipSpectrogram, Range
from autoencoder_tt.published.models import convolutional_autoencoder
from autoencoder_tt.published.parameters import PARAMETERS_FILE, write_parameters

_SAMPLE_SECONDS = 8.0


@dataclasses.dataclass(frozen=True)
class TrainedModel:
    """A model that is ready to play.

    Attributes:
      name: where it came from, for messages.
      design: a `FrameDesign` or `PictureDesign`.
      statistics: of its training data, see `data.RecordingCrops.statistics`; None where there are
        none.
    """

    name: str
    design: object
    statistics: dict | None


@gin.register(module="autoencoder_tt.designs")
class PictureDesign:
    """The published one: clips of one length, whose level and phase are drawn as a picture.

    Args:
      reads: the folder of `autoencoder_tt.published.clips` with what the network reads:
        "f0_spectrograms", or "spectrograms" for an autoencoder in the proper sense, whose latent
        values describe a sound and not only its pitch.

    Attributes:
      reads: see above.
      spectrogram: `ClipSpectrogram`.
      network: `keras.Model`.
      data_set: name in gin of its data set.
    """

    data_set = "PicturePairs"

    def __init__(self, reads=clips.INPUTS):
        if reads not in (clips.INPUTS, clips.TARGETS):
            raise UserError(f"reads must be {clips.INPUTS} or {clips.TARGETS}, not {reads!r}")
        self.reads = reads
        self.spectrogram = ClipSpectrogram()
        self.network = convolutional_autoencoder()

    def input_of(self, audio, **pitch_options):
        """What the network reads of a clip `[samples]`: float32 `[bins, frames, 2]` in 0..1."""
        picture = self.spectrogram.analyse(audio)
        scale = Range.of(picture)
        if self.reads == clips.INPUTS:
            f0_hz = self.spectrogram.pitch(audio, **pitch_options)
            picture = self.spectrogram.draw_pitch(picture, f0_hz)
        return scale.scale(picture)

    def open_data(self, path, measured_path, pitch_options):
        """The pictures below a folder, of which nothing is left to be measured."""
        return PicturePairs(path, self.spectrogram, self.reads)

    def write_sizes(self, run_path):
        """Writes what the original needs beside the weights to load them."""
        write_parameters(Path(run_path) / PARAMETERS_FILE, self.network)

    def listener(self, data):
        """What `training.train` calls after an epoch: draws one clip and writes its sound."""
        name = next(iter([*data.held_out_names, *data.training_names]))
        inputs, targets = data.read([name])
        original = data.ranges[name].unscale(targets[0])

        def write(run, epoch):
            drawn = data.ranges[name].unscale(np.array(self.network.predict_on_batch(inputs)[0]))
            drawn[..., 1] = original[..., 1]
            for file, picture in (("drawn.wav", drawn), ("recording.wav", original)):
                audio = self.spectrogram.synthesise(picture)
                io.write(run.sample_path(epoch, file), audio, self.spectrogram.sample_rate)

        return write


@gin.register(module="autoencoder_tt.designs")
class FrameDesign:
    """The improved one: any length, frame by frame.

    Attributes:
      features: `FrameSpectrogram`.
      network: `keras.Model`.
      data_set: name in gin of its data set.
    """

    data_set = "RecordingCrops"

    def __init__(self):
        self.features = FrameSpectrogram()
        self.network = frame_autoencoder(
            self.features.n_bins, self.features.n_pitches, self.features.range_db
        )

    @property
    def context(self):
        """Frames on either side that the network needs to draw one."""
        return context_frames(self.network)

    def write_sizes(self, run_path):
        """Nothing: the settings hold all sizes."""

    def open_data(self, path, measured_path, pitch_options):
        """The recordings below a folder; what is measured of them is kept in another."""
        measured = recordings.measure_folder(path, self.features, measured_path, **pitch_options)
        return RecordingCrops(measured, self.features, self.context)

    def listener(self, data):
        """What `training.train` calls after an epoch: plays the beginning of one recording."""
        name = next(iter([*data.held_out_names, *data.training_names]))
        rate, hop = self.features.sample_rate, self.features.hop_length
        recording = data.measured[name]
        n_frames = min(round(_SAMPLE_SECONDS * self.features.frame_rate), len(recording["f0_hz"]))
        beginning = {key: recording[key][:n_frames] for key in recordings.FEATURES}
        if not self.features.is_voiced(beginning["confidence"]).any():
            return None
        trained = TrainedModel("the network", self, data.statistics())
        original = io.read(recording["path"], rate)[0][: n_frames * hop]

        def write(run, epoch):
            drawn = transfer.render(trained, beginning, len(original))
            for file, audio in (("drawn.wav", drawn), ("recording.wav", original)):
                io.write(run.sample_path(epoch, file), audio, rate)

        return write


@gin.configurable(module="autoencoder_tt.designs")
def get_design(design=gin.REQUIRED):
    """The design that gin names."""
    return design
