"""A part of a set of features, for quick trials."""

import shutil
from pathlib import Path

import numpy as np

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing


def choose_slices(dataset_path: Path, fraction: float, seed: int = 0) -> list[Path]:
    """Chooses slices at random, the same ones of every instrument.

    Args:
        dataset_path: the folder that holds a folder for each instrument.
        fraction: of the slices that every instrument has, above 0 and below 1; one at least.
        seed: another one chooses others.

    Returns:
        Their files, relative to the folder, as INSTRUMENT/SONG_000.npy.

    Raises:
        UserError: the fraction is none, or there is no slice that every instrument has.
    """
    if not 0.0 < fraction < 1.0:
        raise UserError(f"--fraction={fraction:g}: use a number above 0 and below 1, such as 0.1.")
    if not dataset_path.is_dir():
        raise UserError(f"{dataset_path}: no such folder; check --dataset_path.")
    instruments = sorted(f for f in dataset_path.iterdir() if f.is_dir() and f.name[0] != ".")
    found = [{file.name for file in folder.glob("[!.]*.npy")} for folder in instruments]
    names = sorted(set.intersection(*found)) if found else []
    if not names:
        raise UserError(
            f"{dataset_path}: holds no slices that all instruments have; they are expected as "
            "INSTRUMENT/SONG_000.npy."
        )
    count = max(1, round(fraction * len(names)))
    chosen = np.random.default_rng(seed).choice(len(names), count, replace=False)
    kept = [names[i] for i in sorted(chosen)]
    return [Path(folder.name, name) for folder in instruments for name in kept]


def reduce_dataset(dataset_path: Path, reduced_path: Path, fraction: float, seed: int = 0) -> int:
    """Copies a part of a set of features, chosen by `choose_slices`.

    Returns:
        How many slices of each instrument were chosen.

    Raises:
        UserError: as `choose_slices`; or the new folder holds slices that are not among the chosen.
    """
    files = choose_slices(dataset_path, fraction, seed)
    there = {path.relative_to(reduced_path) for path in reduced_path.glob("*/[!.]*.npy")}
    if others := sorted(there - set(files)):
        raise UserError(
            f"{reduced_path / others[0]}: is there already and not among the slices that were "
            "chosen; write into another folder."
        )
    for file in progress(files, "copying", "slice"):
        with replacing(reduced_path / file) as temporary:
            shutil.copyfile(dataset_path / file, temporary)
    return len({file.name for file in files})
