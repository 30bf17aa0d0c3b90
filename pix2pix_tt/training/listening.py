"""Test recordings that the generator plays after each epoch."""

from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import io
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.playing.player import Pix2PixPlayer
from pix2pix_tt.playing.settings import Playing
from pix2pix_tt.trained import loading
from pix2pix_tt.training import epoch_pictures


class Recordings:
    """The same music on the origin and on each target: FOLDER/ORIGIN.wav, FOLDER/TARGET.wav.

    A target's own recording is only for comparison and may be missing.

    Args:
      folder: where they are.
      pairs: `SlicePairs`, for the instruments and the examples of the targets.
      spectrogram: `SliceSpectrogram`.

    Raises:
      UserError: a recording is missing or cannot be read.
    """

    def __init__(self, folder: str | Path, pairs: Any, spectrogram: Any):
        self._spectrogram, self._playing = spectrogram, Playing()
        self._heard, self._styles, self.songs = {}, {}, {}
        for target in pairs.targets:
            origin = pairs.origin
            if origin == slice_pairs.ANY:
                origin = next(name for name in pairs.targets if name != target)
            heard = self._read(Path(folder) / f"{origin}.wav")
            if heard is None:
                raise UserError(f"{folder} has no {origin}.wav; --test_audio_path needs one")
            self._heard[target] = heard
            style = pairs.style(target) if pairs.conditioned else None
            self._styles[target] = style
            self.songs[target] = self._pictures(heard, Path(folder) / f"{target}.wav", style)

    def write(self, run: Any, epoch: int, trainer: Any) -> None:
        """Writes `audio.wav`, or `audio_TARGET.wav` for each of several targets."""
        trained = loading.TrainedModel(
            "the network", trainer.generator, self._spectrogram, playing=self._playing
        )
        for target, heard in self._heard.items():
            name = f"audio_{target}.wav" if len(self._heard) > 1 else "audio.wav"
            rate = self._spectrogram.sample_rate
            audio = Pix2PixPlayer(trained, self._styles[target]).render(heard, rate)
            io.write(run.sample_path(epoch, name), audio, rate)

    def _read(self, path):
        """A recording, mixed to one channel, float32 `[samples]`; None if there is none."""
        if not path.exists():
            return None
        audio, _ = io.read(path, self._spectrogram.sample_rate)
        return audio

    def _pictures(self, heard, path, style):
        """(input, truth) slices of the beginning; the truth is None where it is not known."""
        image = self._spectrogram.encode(heard)[0][: epoch_pictures.N_SLICES].astype(np.float32)
        if style is not None:
            example = np.broadcast_to(2.0 * style[..., None] - 1.0, image.shape)
            image = np.concatenate([image, example.astype(np.float32)], axis=-1)
        played = self._read(path)
        if played is None:
            return image, None
        true = self._spectrogram.encode(played)[0][: epoch_pictures.N_SLICES]
        return image, true.astype(np.float32)
