"""What variations have come to: one table and one picture."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.metrics import tables
from audio_tt.plots import canvas
from audio_tt.training.run_directory import STATE_FILE, RunDirectory
from timbre_tt.variations.launching import Variation

_TITLES = {
    **tables.TITLES,
    "loss": "loss",
    "val_loss": "held-out loss",
    "parameters": "parameters",
    "step_seconds": "time of a step (s)",
}
_COUNTED = ("step", "epoch", "parameters")


def rows(variations: Sequence[Variation]) -> list[dict[str, Any]]:
    """Returns a row of figures for each variation that has begun.

    A row holds its name, the last step or epoch, the last value of every column of its history, the
    means of its evaluation, the numbers in its weight files and the seconds of a step.
    """
    return [_row(variation) for variation in variations if _history(variation)]


def write(variations: Sequence[Variation], runs: str | Path) -> str:
    """Writes experiments.md, .csv and .png to the folder of the runs.

    Returns:
      The table, as Markdown.
    """
    table, runs = rows(variations), Path(runs)
    if not table:
        raise UserError(f"nothing in {runs} has been trained so far")
    names = list(dict.fromkeys(name for row in table for name in row))
    heads = [_TITLES.get(name, name.replace("_", " ")) for name in names]
    text = tables.markdown(heads, [[_cell(name, row) for name in names] for row in table])
    with replacing(runs / "experiments.md") as temporary:
        temporary.write_text(text + "\n", "utf-8")
    tables.write_csv(runs / "experiments.csv", table)
    draw(variations, runs / "experiments.png")
    return text


def draw(variations: Sequence[Variation], path: str | Path) -> None:
    """Draws every figure of the histories over the steps, a panel for each figure.

    Below are bars of the figures that a variation has once.
    """
    histories = {v.name: history for v in variations if (history := _history(v))}
    key = next(iter(next(iter(histories.values()))[0]))
    curves = [name for name in dict.fromkeys(_names(histories.values())) if name != key]
    table = rows(variations)
    bars = [n for n in dict.fromkeys(_names([table])) if n not in (*curves, key, "variation")]
    heights = (1.6,) * len(curves) + (1.0,) * len(bars)
    drawn, axes = canvas.figure(1.0 + 2.0 * sum(heights), None, heights=heights, sharex=False)
    for axis, name in zip(axes, curves, strict=False):
        for label, history in histories.items():
            points = [(row[key], row[name]) for row in history if name in row]
            if points:
                marker = "o" if len(points) == 1 else None
                axis.plot(*zip(*points, strict=True), marker=marker, label=canvas.text(label))
        axis.set_ylabel(_TITLES.get(name, name.replace("_", " ")))
        axis.set_xlabel(key)
        axis.grid(alpha=0.3)
        axis.legend(loc="upper right", fontsize=8)
    for axis, name in zip(axes[len(curves) :], bars, strict=True):
        values = [row.get(name, math.nan) for row in table]
        axis.bar(range(len(table)), values, width=0.7, color=[f"C{i}" for i in range(len(table))])
        axis.set_ylabel(_TITLES.get(name, name.replace("_", " ")), fontsize=8)
        axis.set_xticks(range(len(table)), [canvas.text(row["variation"]) for row in table])
        axis.grid(alpha=0.3, axis="y")
    canvas.save(drawn, path)


def _row(variation):
    row: dict[str, Any] = {"variation": variation.name}
    history = _history(variation)
    row |= {name: value for past in history for name, value in past.items()}
    report = variation.run / "evaluation" / "evaluation.json"
    if report.is_file():
        overall = json.loads(report.read_text("utf-8"))["overall"]
        row |= {name: value for name, value in overall.items() if name in tables.TITLES}
    return row | {
        "parameters": _parameters(variation.run),
        "step_seconds": variation.step_seconds,
    }


def _history(variation):
    return RunDirectory(variation.run).history()


def _names(lists):
    return [name for rows in lists for row in rows for name in row]


def _parameters(run):
    """How many numbers the weight files of a run hold."""
    import h5py

    count = 0

    def add(_, item):
        nonlocal count
        if isinstance(item, h5py.Dataset):
            count += item.size

    for path in sorted(run.glob("*.h5")):
        if path.name != STATE_FILE:
            with h5py.File(path, "r") as file:
                file.visititems(add)
    return count


def _cell(name, row):
    value = row.get(name, math.nan)
    if isinstance(value, str):
        return value
    if value is None or math.isnan(value):
        return ""
    return f"{value:,}" if name in _COUNTED else tables.number(value)
