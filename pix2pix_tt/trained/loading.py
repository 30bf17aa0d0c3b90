"""From files that training left, or that were published, to a model that plays."""

import dataclasses
import functools
import os
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from audio_tt.playing.origin import Origin
from pix2pix_tt.configurables import features, models
from pix2pix_tt.playing import settings as playing_settings
from pix2pix_tt.playing.settings import Playing
from pix2pix_tt.trained import catalogue, files

PUBLISHED = "pix2pix/published.gin"


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedModel:
    """A generator that is ready to play.

    Attributes:
      name: where it came from, for messages.
      generator: the `keras.Model`.
      features: the `SliceSpectrogram` that it learned on.
      styles: {target instrument: float32 `[bins, frames]` in 0..1} of a conditioned one, as far as
        it brings any along.
      playing: the settings that it plays by.
      origin: what it was loaded from; None of one that was made in memory.
    """

    name: str
    generator: object
    features: features.SliceSpectrogram
    styles: dict = dataclasses.field(default_factory=dict)
    playing: Playing = dataclasses.field(default_factory=Playing)
    origin: Origin | None = None

    @functools.cached_property
    def channels(self) -> int:
        """1, or 2 of a generator that is given an example of the target as well."""
        return self.generator.input_shape[-1]


def load(
    model: str | os.PathLike,
    phase: str | None = None,
    overlap_frames: int | None = None,
    gin_files: Iterable[str] = (),
    gin_params: Iterable[str] = (),
) -> TrainedModel:
    """Builds a generator and reads its weights; what is loaded already stays as it is.

    Args:
      model: a folder with `generator.h5` and `operative_config.gin`, as training leaves it; the
        name of an instrument that is included; or a file of weights. Without such settings beside
        it or above, that is of the published size, or of the size that `gin_files` say.
      phase: as for `read_playing`.
      overlap_frames: as for `read_playing`.
      gin_files: as for `read_playing`.
      gin_params: as for `read_playing`.

    Raises:
      UserError: something is missing or does not fit.
    """
    file = catalogue.find_weights(model)
    gin_file = files.find_settings(file)
    if gin_file is None and not Path(model).expanduser().is_file():
        raise UserError(
            f"{file.parent}: not a model, {files.GIN_FILE} is missing; name {file} if it has none"
        )
    channels = _channels(file)
    # First, so that the settings in use afterwards are those that rebuild the model.
    playing = read_playing(gin_files, gin_params, phase, overlap_frames)
    if gin_file is None:
        settings.parse_gin([PUBLISHED, *gin_files], gin_params)
        playing_settings.read()  # of what was given, that much is in use already
    else:
        settings.refuse_unused()
        settings.parse_gin([gin_file])
    spectrogram = features.SliceSpectrogram()
    # Numbers that are drawn for millions of weights, to be replaced at once, take seconds.
    generator = models.unet_generator(channels=channels, initial_deviation=0.0)
    settings.refuse_unused()
    weights.load_weights(generator, file)
    styles_file = gin_file and gin_file.with_name(files.STYLES_FILE)
    styles = _read_styles(styles_file, spectrogram) if styles_file else {}
    sources = (Path(file), styles_file) if styles else (Path(file),)
    origin = Origin(sources, settings.operative_gin()).and_choices(playing=playing)
    return TrainedModel(str(model), generator, spectrogram, styles, playing, origin)


def read_playing(
    gin_files: Iterable[str] = (),
    gin_params: Iterable[str] = (),
    phase: str | None = None,
    overlap_frames: int | None = None,
) -> Playing:
    """The settings to play by.

    Args:
      gin_files: read in this order.
      gin_params: the same, one by one; they win.
      phase: one of `phases.METHODS`; None leaves it to gin.
      overlap_frames: that slices share; None leaves it to gin.

    Raises:
      UserError: one does not exist, or is of the wrong kind.
    """
    settings.parse_gin(gin_files, gin_params)
    return playing_settings.read(phase, overlap_frames)


def _channels(file):
    """Input channels, by the shape of the first kernel."""
    name, shape = next(iter(weights.read_shapes(file).items()))
    if len(shape) != 4 or shape[2] not in (1, 2):
        raise UserError(
            f"{file} holds no generator: its first tensor {name} has the shape {list(shape)}, and "
            "not [4, 4, 1 or 2, filters]"
        )
    return shape[2]


def _read_styles(path, spectrogram):
    if not path.is_file():
        return {}
    shape = (spectrogram.n_bins, spectrogram.slice_frames)
    try:
        with np.load(path) as archive:
            styles = {name: archive[name].astype(np.float32) for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise UserError(f"{path} is damaged; copy it again from where the model is from") from error
    for name, style in styles.items():
        if style.shape != shape:
            raise UserError(
                f"{path}: {name} has the shape {list(style.shape)}, not {list(shape)} as the model"
            )
    return styles
