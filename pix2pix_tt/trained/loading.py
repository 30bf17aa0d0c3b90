"""From files that training left, or that were published, to a model that plays."""

import dataclasses
import functools
from pathlib import Path

import numpy as np

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from pix2pix_tt.configurables import features, models

GENERATOR_FILE = "generator.h5"
GIN_FILE = "operative_config.gin"
STYLES_FILE = "styles.npz"
PUBLISHED = "pix2pix/published.gin"
_LEVELS_UP = 2  # a run keeps weights in samples/EPOCH/


@dataclasses.dataclass(frozen=True, eq=False)
class TrainedModel:
    """A generator that is ready to play.

    Attributes:
      name: where it came from, for messages.
      generator: the `keras.Model`.
      features: the `SliceSpectrogram` that it learned on.
      styles: {target instrument: float32 `[bins, frames]` in 0..1} of a conditioned one, as far as
        it brings any along.
    """

    name: str
    generator: object
    features: features.SliceSpectrogram
    styles: dict = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def channels(self):
        """1, or 2 of a generator that is given an example of the target as well."""
        return self.generator.input_shape[-1]


def load(path):
    """Builds a generator and reads its weights.

    Args:
      path: a folder with `generator.h5` and `operative_config.gin`, as training leaves it; or a
        file of weights. Without such settings beside it or above, it is of the published size.

    Raises:
      UserError: something is missing or does not fit.
    """
    file = _weights_file(Path(path))
    gin_file = _settings_of(file)
    if Path(path).is_dir() and gin_file is None:
        raise UserError(f"{path}: not a model, {GIN_FILE} is missing; name {file} if it has none")
    channels = _channels(file)
    settings.parse_gin([gin_file or PUBLISHED])
    # Numbers that are drawn for millions of weights, to be replaced at once, take seconds.
    generator = models.unet_generator(channels=channels, initial_deviation=0.0)
    weights.load_weights(generator, file)
    spectrogram = features.SliceSpectrogram()
    styles = _read_styles(gin_file.with_name(STYLES_FILE), spectrogram) if gin_file else {}
    return TrainedModel(str(path), generator, spectrogram, styles)


def _weights_file(path):
    if path.is_dir():
        if not (path / GENERATOR_FILE).is_file():
            raise UserError(f"{path}: not a model, {GENERATOR_FILE} is missing")
        return path / GENERATOR_FILE
    if not path.is_file():
        raise UserError(
            f"{path}: no such model; name a folder with {GENERATOR_FILE}, or such a file"
        )
    return path


def _settings_of(file):
    """The gin file beside the weights, or above where a run keeps the weights of an epoch."""
    folders = file.absolute().parents[: 1 + _LEVELS_UP]
    return next((f / GIN_FILE for f in folders if (f / GIN_FILE).is_file()), None)


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
    except (OSError, ValueError) as error:
        raise UserError(f"{path} is damaged; copy it again from where the model is from") from error
    for name, style in styles.items():
        if style.shape != shape:
            raise UserError(
                f"{path}: {name} has the shape {list(style.shape)}, not {list(shape)} as the model"
            )
    return styles
