"""The example of the target instrument that a conditioned generator draws by."""

import os
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import io
from pix2pix_tt.trained.loading import TrainedModel


def choose(
    trained: TrainedModel, style: str | os.PathLike | None = None, seed: int = 0
) -> np.ndarray | None:
    """Finds the example that is asked for.

    Args:
      trained: the model.
      style: an instrument that the model brings along, a slice (`.npy`), a folder of slices, or a
        recording, of which the slice with the most in it is taken; None for a model of one target.
      seed: chooses among the slices of a folder.

    Returns:
      float32 `[bins, frames]` in 0..1, or None for a model of one target.

    Raises:
      UserError: there is no such style, it does not fit, or the model has no use for one or needs
        one.
    """
    if trained.channels == 1:
        if style is None:
            return None
        raise UserError(
            f"{trained.name} plays one instrument only, so --style={style} does nothing: leave it "
            "out (pix2pix_tt.predict instead of predict_multitarget)"
        )
    known = ", ".join(trained.styles) or "none included"
    if style is None:
        raise UserError(
            f"{trained.name} plays what --style says: an instrument that it knows ({known}) or a "
            "sound file (pix2pix_tt.predict_multitarget instead of predict)"
        )
    if style in trained.styles:
        return trained.styles[style]
    path = Path(style)
    if path.is_dir():
        return _of_folder(path, trained.features, seed)
    if path.suffix.lower() == ".npy":
        return _read(path, trained.features)
    if path.exists() or path.suffix:
        return _of_recording(path, trained.features)
    near = did_you_mean(str(style), trained.styles)
    raise UserError(
        f"{trained.name} knows no style {style!r} ({known}), nor is there such a file{near}"
    )


def _of_folder(folder, features, seed):
    """Any slice that is not filled up with silence at its end."""
    files = sorted(folder.glob("[!.]*.npy"))
    if not files:
        raise UserError(f"{folder} holds no features (*.npy)")
    for index in np.random.default_rng(seed).permutation(len(files)):
        style = _read(files[index], features)
        if style[:, -1].any():
            return style
    raise UserError(f"{folder}: every slice ends in silence; name one of the files")


def _of_recording(path, features):
    """The slice with the highest mean level."""
    audio, _ = io.read(path, features.sample_rate)
    slices, _ = features.encode(audio)
    whole = slices[:-1] if len(slices) > 1 else slices
    return (whole[np.argmax(whole.mean(axis=(1, 2, 3))), ..., 0] + 1.0) / 2.0


def _read(path, features):
    shape = (features.n_bins, features.slice_frames, 1)
    try:
        style = np.load(path)
    except (OSError, ValueError, EOFError) as error:
        if not path.exists():
            raise UserError(f"{path}: no such file") from error
        raise UserError(f"{path} is no file of features, or is damaged") from error
    if style.shape != shape or style.dtype.kind != "f":
        raise UserError(
            f"{path} holds {list(style.shape)} of {style.dtype}, where a slice is {list(shape)} "
            "of floats"
        )
    return style[..., 0].astype(np.float32)
