"""What a data set's pitch, power and loudness are like, for `ddsp_tt.postprocessing` to fit to."""

import contextlib
import json
import math
import os

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import replacing
from ddsp_tt.postprocessing import QuantileTransformer, detect_notes, fit_quantiles, hz_to_midi

TRIM_FRAMES = 20
_FEATURES = ("f0_hz", "f0_confidence", "loudness_db", "power_db")


def compute_statistics(examples, min_db=-80.0, smoothing=40):
    """Measures a data set.

    For pitch (MIDI, frames with a pitch only), power (dB) and loudness (dB) the result has
    `mean_*`, `max_*`, `min_*` and `std_*` over all frames, `mean_max_*` and `mean_min_*` of the
    examples' extremes, and the same under `*_note` for frames in notes alone (all frames where
    the whole set has no note). A set without any pitch has zeros for pitch. `quantile_transform`
    is the distribution of the notes' loudness.

    The keys are those of Magenta's data set statistics (magenta/ddsp,
    ddsp/training/postprocessing.py). Unlike there, features of one example may differ in length
    by some frames (the shortest counts), examples may differ in length too, notes are compared
    with the mean loudness of the whole set rather than of a batch, and an example without a note
    adds nothing to the figures of notes rather than all of its frames.

    Args:
        examples: Iterable of dicts with `f0_hz`, `f0_confidence`, `loudness_db` and `power_db`,
            each [frames]. The last 20 frames of an example, often padding, are left out where it
            is longer than that.
        min_db: Loudness of silence in the convention of `loudness_db`, dB.
        smoothing: Frames, see `postprocessing.detect_notes`.

    Returns:
        A dict of floats, and a `QuantileTransformer` under `quantile_transform`.

    Raises:
        UserError: There is no frame, or a value is not finite.
    """
    examples = [_trimmed(example) for example in examples]
    examples = [example for example in examples if example["loudness_db"].size]
    if not examples:
        raise UserError("The data set has no frames to make statistics of: add some audio to it.")
    loudness_db = np.concatenate([example["loudness_db"] for example in examples])
    mean_db = np.mean(loudness_db)
    notes = [
        detect_notes(
            example["loudness_db"],
            example["f0_confidence"],
            smoothing=smoothing,
            min_db=min_db,
            mean_db=mean_db,
        )[0]
        for example in examples
    ]
    if not any(mask.any() for mask in notes):
        notes = [np.ones(example["loudness_db"].shape, bool) for example in examples]

    statistics = {}
    voiced = [example["f0_hz"] > 0 for example in examples]
    for name, feature, valid in (
        ("pitch", "f0_hz", voiced),
        ("power", "power_db", None),
        ("loudness", "loudness_db", None),
    ):
        values = [example[feature] for example in examples]
        values = [hz_to_midi(x) for x in values] if name == "pitch" else values
        everywhere = valid or [np.ones(x.shape, bool) for x in values]
        statistics |= _summary(name, values, everywhere)
        in_notes = [a & b for a, b in zip(everywhere, notes, strict=True)]
        statistics |= _summary(f"{name}_note", values, in_notes)
    statistics["quantile_transform"] = fit_quantiles(loudness_db[np.concatenate(notes)])
    return statistics


def _trimmed(example):
    frames = min(len(example[name]) for name in _FEATURES)
    frames -= TRIM_FRAMES if frames > TRIM_FRAMES else 0
    trimmed = {name: np.asarray(example[name], np.float64)[:frames] for name in _FEATURES}
    for name, values in trimmed.items():
        if not np.isfinite(values).all():
            raise UserError(
                f"The data set's {name} has values that are not finite: prepare the data again."
            )
    return trimmed


def _summary(name, examples, masks):
    """Figures of the masked values; zeros where no value is left."""
    chosen = [x[mask] for x, mask in zip(examples, masks, strict=True) if mask.any()]
    chosen = chosen or [np.zeros(1)]
    values = np.concatenate(chosen)
    figures = {
        "mean": np.mean(values),
        "max": np.max(values),
        "min": np.min(values),
        "mean_max": np.mean([np.max(x) for x in chosen]),
        "mean_min": np.mean([np.min(x) for x in chosen]),
        "std": np.std(values),
    }
    return {f"{figure}_{name}": float(value) for figure, value in figures.items()}


def save_json(statistics, path):
    """Writes statistics to a file, which is either whole or not there.

    Args:
        statistics: Dict from `compute_statistics`.
        path: Where to.

    Raises:
        UserError: The place cannot be written to.
    """
    table = {**statistics, "quantile_transform": statistics["quantile_transform"].to_dict()}
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(table, indent=1, allow_nan=False), encoding="utf-8")


def load_json(path):
    """Reads statistics from a file that `save_json` wrote.

    Args:
        path: The file.

    Returns:
        A dict as from `compute_statistics`.

    Raises:
        UserError: There is no such file, or it holds no data set statistics.
    """
    try:
        with open(path, encoding="utf-8") as file:
            table = json.load(file)
    except OSError as error:
        raise UserError(f"{os.fspath(path)}: cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UserError(f"{os.fspath(path)}: is no JSON file: {error}.") from error
    if isinstance(table, dict) and isinstance(table.get("quantile_transform"), dict):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            table["quantile_transform"] = QuantileTransformer.from_dict(table["quantile_transform"])
    return checked(table, path)


def checked(table, path):
    """Returns statistics that were read from a file, if they are complete.

    Raises:
        UserError: They are not; names the first figure that is missing or wrong.
    """
    fault = _fault(table)
    if fault:
        raise UserError(
            f"{os.fspath(path)}: holds no data set statistics ({fault}): make them anew."
        )
    return table


def _fault(table):
    """Says what keeps a value from being statistics; empty where nothing does."""
    if not isinstance(table, dict):
        return "not a table"
    figures = ("mean", "max", "min", "mean_max", "mean_min", "std")
    for name in ("pitch", "power", "loudness"):
        for key in (f"{figure}_{name}{note}" for figure in figures for note in ("", "_note")):
            if not isinstance(table.get(key), int | float) or not math.isfinite(table[key]):
                return f"{key} is missing or no number"
    transformer = table.get("quantile_transform")
    if not isinstance(transformer, QuantileTransformer):
        return "quantile_transform is missing or wrong"
    tables = (transformer.quantiles, transformer.references)
    if not tables[0].size or tables[0].size != tables[1].size:
        return "quantile_transform is empty or uneven"
    if not all(np.isfinite(x).all() and (np.diff(x) >= 0).all() for x in tables):
        return "quantile_transform does not rise"
    return ""
