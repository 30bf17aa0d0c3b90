"""Files of slices: FEATURES/INSTRUMENT/SONG_000.npy, each `[bins, frames, 1]` in 0..1."""

import functools
import io
import re
import threading
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from audio_tt.errors import UserError
from audio_tt.training import holding_out

_COPY = re.compile(r"_copy\d+$")
_HEADERS = threading.Lock()


def song_of(name: str) -> str:
    """The song of a slice: its file name without extension, number, and mark of a varied copy."""
    return _COPY.sub("", holding_out.without_number(name))


def open_slice(path: str | Path, shape: tuple[int, ...]) -> np.ndarray:
    """One slice, mapped into memory: `[bins, frames, 1]` in 0..1.

    Raises:
      UserError: there is no such file, or it holds no slice of this (bins, frames).
    """
    try:
        with open(path, "rb") as file:
            (there, is_fortran, dtype), offset = _read_header(file), file.tell()
        if there == (*shape, 1) and dtype.kind == "f":
            return np.memmap(path, dtype, "r", offset, there, "F" if is_fortran else "C")
    except (OSError, ValueError, EOFError) as error:
        if not path.exists():
            raise UserError(f"{path}: no such file") from error
        raise UserError(
            f"{path} is no file of features, or is damaged; remove it and run "
            "pix2pix_tt.compute_features again"
        ) from error
    raise UserError(
        f"{path} holds {list(there)} of {dtype}, where a slice is "
        f"{[*shape, 1]} of floats; compute the features with the same settings"
    )


def _read_header(file):
    """Shape, order and type of the array of an open `.npy`, which is then read up to its values."""
    version = npy.read_magic(file)
    if version != (1, 0):
        raise ValueError(f"version {version}")
    size = file.read(2)
    header = size + file.read(int.from_bytes(size, "little"))
    with _HEADERS:
        return _parsed(header)


@functools.lru_cache(maxsize=64)
def _parsed(header):
    """What a header says; those of a folder are all alike.

    NumPy reads one with Python's own parser, which in Python 3.11 two threads must not run at once.
    """
    return npy.read_array_header_1_0(io.BytesIO(header))


def common_names(path: str | Path, instruments: Sequence[str], shape: tuple[int, ...]) -> list[str]:
    """File names without extension, sorted, of slices that every instrument has.

    Args:
      path: the folder that holds a folder for each instrument.
      instruments: names of those folders.
      shape: (bins, frames) of a slice.

    Raises:
      UserError: a folder is missing or empty, a slice has no partner or another shape, with its
        name.
    """
    found = {name: _list(path, name, shape) for name in dict.fromkeys(instruments)}
    everything = set().union(*found.values())
    for instrument, names in found.items():
        missing = sorted(everything - names)
        if missing:
            owner = next(other for other, theirs in found.items() if missing[0] in theirs)
            count = f" ({len(missing)} files lack theirs)" if len(missing) > 1 else ""
            raise UserError(
                f"{path / owner / missing[0]}.npy has no partner {missing[0]}.npy in "
                f"{path / instrument}{count}; make the missing ones with "
                "pix2pix_tt.compute_features or remove what has no partner"
            )
    return sorted(everything)


def _list(path, instrument, shape):
    if not path.is_dir():
        raise UserError(f"{path}: no such folder; pix2pix_tt.compute_features makes one")
    folder = path / instrument
    if not folder.is_dir():
        there = ", ".join(sorted(f.name for f in path.iterdir() if f.is_dir())) or "none"
        raise UserError(f"{path} has no instrument {instrument!r}; there are: {there}")
    files = sorted(folder.glob("[!.]*.npy"))  # a hidden one is still being written
    if not files:
        raise UserError(f"{folder} holds no features (*.npy)")
    # What has the size of a file that was looked at has its shape.
    for file in {file.stat().st_size: file for file in reversed(files)}.values():
        open_slice(file, shape)
    return {file.stem for file in files}


def held_out(names: Collection[str], share: float) -> set[str]:
    """Slices to hold out: those of whole songs where there are several songs, see `holding_out`.

    Args:
      names: of all slices.
      share: of the songs, or of the slices of the only one; at least one is held out unless it is
        0, and at least one is not.
    """
    return holding_out.choose_pieces(names, share, song_of)
