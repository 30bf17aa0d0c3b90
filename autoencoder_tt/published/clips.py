"""Preprocessed clips on disk, in the original's layout.

    FOLDER/f0_spectrograms/NAME.wav.npy   what the network reads, float32 [bins, frames, 2] in 0..1
    FOLDER/spectrograms/NAME.wav.npy      what it is to draw, the same
    FOLDER/settings.json                  what they were made with; not there by the original
    FOLDER/min_max_values.pkl             of each of the latter, the values that 0 and 1 stand for

Files of one name belong together.
"""

import json
import os
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import pickles
from audio_tt.files.atomic import replacing
from autoencoder_tt.published.features import Range

INPUTS = "f0_spectrograms"
TARGETS = "spectrograms"
RANGES_FILE = "min_max_values.pkl"
SETTINGS_FILE = "settings.json"


def names(folder: str | Path) -> list[str]:
    """Names of the clips of a folder, sorted, such as "tune.wav".

    Raises:
      UserError: there are none, or one of the two files of a clip is missing.
    """
    inputs, targets = (
        {path.name.removesuffix(".npy") for path in Path(folder, part).glob("[!.]*.npy")}
        for part in (INPUTS, TARGETS)
    )
    if not inputs | targets:
        raise UserError(f"{folder} holds no clips; make some with autoencoder_tt.preprocess")
    for name in sorted(inputs ^ targets):
        there, missing = (INPUTS, TARGETS) if name in inputs else (TARGETS, INPUTS)
        raise UserError(
            f"{folder}: {name}.npy is in {there}, but not in {missing}; preprocess it again"
        )
    return sorted(inputs)


def read(path: str | Path, shape: tuple[int, ...]) -> np.ndarray:
    """Reads one picture.

    Args:
      path: the file.
      shape: `(bins, frames, channels)` that it should have.

    Returns:
      float32 array.

    Raises:
      UserError: it cannot be read, is not of that shape, or is not finite.
    """
    try:
        picture = np.load(path, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, EOFError) as error:
        raise UserError(f"{path} is not a picture of a clip, or is damaged") from error
    if picture.shape != tuple(shape):
        raise UserError(f"{path} is {picture.shape}, but a picture of a clip is {tuple(shape)}")
    if picture.dtype.kind not in "fiu" or not np.isfinite(picture).all():
        raise UserError(f"{path} holds values that are not finite numbers")
    return picture.astype(np.float32)


def write(path: str | Path, picture: np.ndarray) -> None:
    """Writes one picture; the file is whole or not there."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.save(file, np.asarray(picture, np.float32))


def read_settings(folder: str | os.PathLike) -> dict:
    """What the clips of a folder were made with; empty where that is not known.

    Raises:
      UserError: the file is damaged.
    """
    path = Path(folder, SETTINGS_FILE)
    if not path.exists():
        return {}
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except (ValueError, TypeError) as error:
        raise UserError(f"{path} is damaged; preprocess into another folder") from error


def read_ranges(folder: str | Path) -> dict[str, Range]:
    """Reads the ranges of the targets, without running what the file may hold.

    Args:
      folder: where min_max_values.pkl is.

    Returns:
      {name of the clip: `features.Range`}.

    Raises:
      UserError: no such file, one that would run code, or not what it should be.
    """
    path = Path(folder, RANGES_FILE)
    table = pickles.load(path, "ranges", pickles.numpy_stand_in)
    try:
        ranges = {
            os.path.basename(key.replace("\\", "/")).removesuffix(".npy"): Range(
                float(value["min"]), float(value["max"])
            )
            for key, value in table.items()
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no ranges of clips") from error
    if not all(np.isfinite([scale.min, scale.max]).all() for scale in ranges.values()):
        raise UserError(f"{path} holds values that are not finite")
    return ranges


def write_ranges(folder: str | Path, ranges: Mapping[str, Any]) -> None:
    """Writes the ranges so that the original reads them: plain numbers, nothing to run.

    Args:
      folder: for min_max_values.pkl.
      ranges: {name of the clip: `features.Range`}.
    """
    table = {
        f"{TARGETS}/{name}.npy": {"min": scale.min, "max": scale.max}
        for name, scale in sorted(ranges.items())
    }
    with replacing(Path(folder, RANGES_FILE)) as temporary:
        temporary.write_bytes(pickle.dumps(table, protocol=3))
