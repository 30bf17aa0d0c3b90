"""What a data set's pitch, power and loudness are like, for `features.fitting` to fit to."""

import contextlib
import json
import math
import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.files.text import read_text
from ddsp_tt.features.fitting import QuantileTransformer, detect_notes, fit_quantiles, hz_to_midi

TRIM_FRAMES = 20
KEYS = (
    *(
        f"{figure}_{name}{note}"
        for figure in ("mean", "max", "min", "mean_max", "mean_min", "std")
        for name in ("pitch", "power", "loudness")
        for note in ("", "_note")
    ),
    "quantile_transform",
)
_FEATURES = ("f0_hz", "f0_confidence", "loudness_db", "power_db")


def compute_statistics(
    examples: Iterable[Mapping[str, Any]], min_db: float = -80.0, smoothing: int = 40
) -> dict[str, Any]:
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
        examples: List of dicts with `f0_hz`, `f0_confidence`, `loudness_db` and `power_db`, each
            [frames], or what gives them as often as it is iterated over: twice or three times, and
            one is in memory at a time. The last 20 frames of an example, often padding, are left
            out where it is longer than that.
        min_db: Loudness of silence in the convention of `loudness_db`, dB.
        smoothing: Frames, see `postprocessing.detect_notes`.

    Returns:
        A dict of floats, and a `QuantileTransformer` under `quantile_transform`.

    Raises:
        UserError: There is no frame, or a value is not finite.
    """
    counted = _Running()
    for example in map(_trimmed, examples):
        counted.add(example["loudness_db"])
    if not counted.count:
        raise UserError("The data set has no frames to make statistics of: add some audio to it.")

    def notes(example):
        return detect_notes(
            example["loudness_db"],
            example["f0_confidence"],
            smoothing=smoothing,
            min_db=min_db,
            mean_db=counted.mean,
        )[0]

    figures, loudness_db = _gather(examples, notes)
    if not loudness_db.size:
        figures, loudness_db = _gather(examples, lambda x: np.ones(x["loudness_db"].shape, bool))
    statistics = {}
    for name, running in figures.items():
        statistics |= running.figures(name)
    statistics["quantile_transform"] = fit_quantiles(loudness_db)
    return statistics


def _gather(examples, notes):
    """Figures by name, of all frames and of those in notes, and the loudness of the latter."""
    figures = {
        f"{name}{note}": _Running()
        for name in ("pitch", "power", "loudness")
        for note in ("", "_note")
    }
    loudness_db = [np.zeros(0, np.float32)]
    for example in map(_trimmed, examples):
        voiced, in_notes = example["f0_hz"] > 0, notes(example)
        pitch = hz_to_midi(example["f0_hz"])
        figures["pitch"].add(pitch[voiced])
        figures["pitch_note"].add(pitch[voiced & in_notes])
        for name in ("power", "loudness"):
            values = example[f"{name}_db"]
            figures[name].add(values)
            figures[f"{name}_note"].add(values[in_notes])
        loudness_db.append(example["loudness_db"][in_notes].astype(np.float32))
    return figures, np.concatenate(loudness_db)


class _Running:
    """Mean, deviation and extremes of values that come example by example."""

    def __init__(self):
        self.count, self.mean, self._squares = 0, 0.0, 0.0
        self._maxima, self._minima = [], []

    def add(self, values):
        """Takes the values of an example, which may be none."""
        if not values.size:
            return
        mean, total = np.mean(values), self.count + values.size
        apart = mean - self.mean
        self._squares += np.sum((values - mean) ** 2)
        self._squares += apart**2 * self.count * values.size / total
        self.mean += apart * values.size / total
        self.count = total
        self._maxima.append(np.max(values))
        self._minima.append(np.min(values))

    def figures(self, name):
        """The figures under their keys; zeros where there was no value."""
        maxima, minima = self._maxima or [0.0], self._minima or [0.0]
        figures = {
            "mean": self.mean,
            "max": np.max(maxima),
            "min": np.min(minima),
            "mean_max": np.mean(maxima),
            "mean_min": np.mean(minima),
            "std": math.sqrt(self._squares / max(self.count, 1)),
        }
        return {f"{figure}_{name}": float(value) for figure, value in figures.items()}


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


def save_json(statistics: dict[str, Any], path: str | Path) -> None:
    """Writes statistics to a file, which is either whole or not there.

    Args:
        statistics: Dict from `compute_statistics`; what it does not have of it is written as null.
        path: Where to.

    Raises:
        UserError: The place cannot be written to.
    """
    table = {**dict.fromkeys(KEYS), **statistics}
    if table["quantile_transform"] is not None:
        table["quantile_transform"] = table["quantile_transform"].to_dict()
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(table, indent=1, allow_nan=False), encoding="utf-8")


def load_json(path: str | Path) -> dict[str, Any]:
    """Reads statistics from a file that `save_json` wrote.

    Args:
        path: The file.

    Returns:
        A dict as from `compute_statistics`, without what the file says is null.

    Raises:
        UserError: There is no such file, or it holds no data set statistics.
    """
    try:
        table = json.loads(read_text(path))
    except ValueError as error:
        raise UserError(f"{os.fspath(path)}: is no JSON file: {error}.") from error
    if isinstance(table, dict) and isinstance(table.get("quantile_transform"), dict):
        with contextlib.suppress(KeyError, TypeError, ValueError):
            table["quantile_transform"] = QuantileTransformer.from_dict(table["quantile_transform"])
    unknown = isinstance(table, dict) and [key for key, value in table.items() if value is None]
    if unknown:
        table = {key: value for key, value in table.items() if key not in unknown}
    return checked(table, path, unknown or ())


def checked(
    table: dict[str, Any], path: str | Path, unknown: Collection[str] = ()
) -> dict[str, Any]:
    """Returns statistics that were read from a file, if they are complete and finite.

    Args:
        table: The statistics.
        path: The file, for messages.
        unknown: Keys that may be missing.

    Raises:
        UserError: They are not; names the first figure that is missing or wrong.
    """
    fault = _fault(table, unknown)
    if fault:
        raise UserError(
            f"{os.fspath(path)}: holds no data set statistics ({fault}): make them anew."
        )
    return table


def _fault(table, unknown):
    """Says what keeps a value from being statistics; empty where nothing does."""
    if not isinstance(table, dict):
        return "not a table"
    *figures, table_key = KEYS
    for key in (key for key in figures if key not in unknown):
        if not isinstance(table.get(key), int | float) or not math.isfinite(table[key]):
            return f"{key} is missing or no number"
    return "" if table_key in unknown else _fault_of(table.get(table_key))


def _fault_of(transformer):
    if not isinstance(transformer, QuantileTransformer):
        return "quantile_transform is missing or wrong"
    tables = (transformer.quantiles, transformer.references)
    if not tables[0].size or tables[0].size != tables[1].size:
        return "quantile_transform is empty or uneven"
    if not all(np.isfinite(x).all() and (np.diff(x) >= 0).all() for x in tables):
        return "quantile_transform does not rise"
    return ""
