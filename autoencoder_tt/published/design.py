"""The published design: clips of one length, whose level and phase are drawn as a picture."""

from collections.abc import Callable
from pathlib import Path

import gin
import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import io
from autoencoder_tt.design import Design
from autoencoder_tt.published import clips
from autoencoder_tt.published.data import PicturePairs
from autoencoder_tt.published.features import ClipSpectrogram, Range
from autoencoder_tt.published.models import convolutional_autoencoder
from autoencoder_tt.published.parameters import write_parameters
from autoencoder_tt.published.player import RECORDED, ClipPlayer, draw
from autoencoder_tt.trained import files


@gin.register(module="autoencoder_tt.designs")
class PictureDesign(Design):
    """The published design.

    All its settings are read from gin when it is made, and kept.

    Args:
      reads: the folder of `published.clips` with what the network reads: "f0_spectrograms", or
        "spectrograms" for an autoencoder in the proper sense, whose latent values describe a sound
        and not only its pitch.

    Attributes:
      reads: see above.
      spectrogram: `ClipSpectrogram`.
      network: `keras.Model`.
    """

    phases = (RECORDED,)
    reads_clips = True

    def __init__(self, reads: str = clips.INPUTS):
        if reads not in (clips.INPUTS, clips.TARGETS):
            raise UserError(f"reads must be {clips.INPUTS} or {clips.TARGETS}, not {reads!r}")
        self.reads = reads
        self.spectrogram = ClipSpectrogram()
        self.network = convolutional_autoencoder()

    @property
    def sample_rate(self) -> int:
        """Of all audio, Hz."""
        return self.spectrogram.sample_rate

    def open_data(self, path: str, measured_path: str, pitch: dict) -> PicturePairs:
        """The pictures below a folder, of which nothing is left to be measured."""
        return PicturePairs(path, self.spectrogram, self.reads)

    def write_sizes(self, run_path: str | Path) -> None:
        """Writes what the original needs beside the weights to load them."""
        write_parameters(Path(run_path) / files.PARAMETERS, self.network)

    def sampler(self, data: PicturePairs) -> Callable:
        """Draws one clip after each epoch and writes its sound, see `Design.sampler`."""
        name = next(iter([*data.held_out_names, *data.training_names]))
        inputs, targets = data.read([name])
        original = data.ranges[name].unscale(targets[0])

        def write(run, epoch):
            drawn = data.ranges[name].unscale(np.array(self.network.predict_on_batch(inputs)[0]))
            drawn[..., 1] = original[..., 1]
            for file, picture in (("drawn.wav", drawn), ("recording.wav", original)):
                audio = self.spectrogram.synthesise(picture)
                io.write(run.sample_path(epoch, file), audio, self.sample_rate)

        return write

    def player(
        self, name: str, statistics: dict | None, pitch: dict | None = None, seed: int = 0
    ) -> ClipPlayer:
        """See `Design.player`; the pitch is tracked by pYIN unless told otherwise."""
        self._check_plays(name)
        return ClipPlayer(self.network, self.spectrogram, pitch)

    def encode(self, path: str | Path, pitch: dict | None = None) -> np.ndarray:
        """See `Design.encode`; a row a clip, the last left out if less than half of it is there."""
        latent, n_samples = [], self.spectrogram.n_samples
        for audio in io.blocks(path, self.sample_rate, n_samples):
            if latent and len(audio) < n_samples // 2:
                break
            latent.append(self._encoded(self._input_of(audio, **(pitch or {}))))
        return np.concatenate(latent)

    def encode_clip(self, path: str | Path) -> np.ndarray:
        """See `Design.encode_clip`."""
        return self._encoded(clips.read(path, self.network.input_shape[1:]))

    def render_clip(self, name: str, path: str | Path) -> tuple[np.ndarray, np.ndarray]:
        """See `Design.render_clip`; FOLDER/min_max_values.pkl has the range of its levels."""
        self._check_plays(name)
        folder, clip = Path(path).parent.parent, Path(path).name.removesuffix(".npy")
        ranges = clips.read_ranges(folder)
        if clip not in ranges:
            raise UserError(
                f"{folder / clips.RANGES_FILE} does not know {clip}; preprocess it again"
            )
        shape = (self.spectrogram.n_bins, self.spectrogram.n_frames, 2)
        line, target = (
            clips.read(folder / part / f"{clip}.npy", shape)
            for part in (clips.INPUTS, clips.TARGETS)
        )
        drawn = np.stack([draw(self.network, line), line[..., 1]], axis=-1)
        original, generated = (
            self.spectrogram.synthesise(ranges[clip].unscale(picture))
            for picture in (target, drawn)
        )
        return original, generated

    def _check_plays(self, name):
        if self.reads != clips.INPUTS:
            raise UserError(f"{name} reads sound and not pitch: it encodes, and plays nothing")

    def _input_of(self, audio, **pitch):
        """What the network reads of a clip `[samples]`: float32 `[bins, frames, 2]` in 0..1."""
        picture = self.spectrogram.analyse(audio)
        scale = Range.of(picture)
        if self.reads == clips.INPUTS:
            picture = self.spectrogram.draw_pitch(picture, self.spectrogram.pitch(audio, **pitch))
        return scale.scale(picture)

    def _encoded(self, picture):
        return np.asarray(self.network.get_layer("encoder").predict_on_batch(picture[None]))
