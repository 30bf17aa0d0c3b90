"""Latent values of many clips as a map of two dimensions, by principal components."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError
from audio_tt.plots import canvas

_ROWS = 200  # of a file, at most


def read(folder: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Reads what `autoencoder_tt.encode` wrote.

    Args:
      folder: with a folder for each instrument, in which all `.npy` files are that instrument's;
        or with `.npy` files that belong to none.

    Returns:
      (latent, instruments, recordings): float32 `[rows, values]`, and a name for each row.

    Raises:
      UserError: there is nothing, or the files do not fit together.
    """
    latent, instruments, recordings = [], [], []
    for path in sorted(Path(folder).rglob("*.npy")):
        try:
            rows = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UserError(f"{path} holds no latent values, or is damaged") from error
        if rows.ndim != 2 or (latent and rows.shape[1] != latent[0].shape[1]):
            raise UserError(f"{path} is {rows.shape}: it is of another model than the others")
        rows = rows[:: -(-len(rows) // _ROWS)]
        place = path.relative_to(folder)
        latent.append(rows)
        instruments += [place.parts[0] if len(place.parts) > 1 else ""] * len(rows)
        recordings += [str(place)] * len(rows)
    if not latent:
        raise UserError(f"{folder} holds no .npy file; write some with autoencoder_tt.encode")
    return np.concatenate(latent), np.array(instruments), np.array(recordings)


def project(latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Projects `[rows, values]` on the two directions in which they differ most.

    Returns:
      (`[rows, 2]`, share of the variance that each direction has `[2]`).
    """
    centred = latent - latent.mean(axis=0)
    rows, scales, _ = np.linalg.svd(centred, full_matrices=False)
    points = np.zeros((len(latent), 2))
    shares = np.zeros(2)
    count = min(2, len(scales))
    points[:, :count] = rows[:, :count] * scales[:count]
    total = np.sum(scales**2)
    if total > 0:
        shares[:count] = scales[:count] ** 2 / total
    return points, shares


def nearest_share(
    latent: np.ndarray, instruments: Sequence[str], recordings: Sequence[str]
) -> float:
    """How often the nearest row of another recording is of the same instrument, 0..1.

    Returns:
      The mean over the instruments; NaN where there are not two instruments with two recordings.
    """
    squares = np.square(latent).sum(axis=1)
    distance = squares[:, None] + squares[None] - 2.0 * latent @ latent.T
    distance[recordings[:, None] == recordings[None]] = np.inf
    names = [n for n in np.unique(instruments) if len(set(recordings[instruments == n])) > 1]
    if len(names) < 2:
        return float("nan")
    hit = instruments[distance.argmin(axis=1)] == instruments
    return float(np.mean([hit[instruments == name].mean() for name in names]))


def draw(
    path: str | Path, points: np.ndarray, shares: Mapping[str, float], instruments: Sequence[str]
) -> None:
    """Draws a map into a PNG file: a colour for each instrument, and its median as a large dot."""
    figure = canvas.blank(8, 6)
    axis = figure.subplots()
    for i, name in enumerate(np.unique(instruments)):
        here = points[instruments == name]
        axis.scatter(*here.T, s=14, alpha=0.5, color=f"C{i % 10}", lw=0)
        middle = np.median(here, axis=0)
        label = canvas.text(name) or None
        axis.scatter(*middle, s=160, color=f"C{i % 10}", edgecolor="black", label=label)
    if any(instruments):
        figure.legend(loc="outside right upper")
    axis.set_xlabel(f"first component ({100 * shares[0]:.0f} % of the variance)")
    axis.set_ylabel(f"second component ({100 * shares[1]:.0f} %)")
    axis.grid(alpha=0.3)
    canvas.save(figure, path)
