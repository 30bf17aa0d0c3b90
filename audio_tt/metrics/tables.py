"""Tables of figures: their titles, in Markdown, and as files that hold no NaN."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from audio_tt.files.atomic import replacing
from audio_tt.files.paths import printable

# Figures of `audio_tt.metrics`, by the names that all evaluations give them.
TITLES = {
    "raw_pitch_accuracy": "raw pitch accuracy",
    "raw_chroma_accuracy": "raw chroma accuracy",
    "f0_l1_semitones": "F0 L1 (semitones)",
    "f0_outliers": "F0 outliers",
    "voicing_recall": "voicing recall",
    "voicing_false_alarm": "voicing false alarm",
    "pitch_jaccard": "pitch Jaccard",
    "pitch_jumps": "pitch jumps (1/s)",
    "sounding_breaths": "breaths that sound",
    "loudness_l1_db": "Loudness L1 (dB)",
    "loudness_correlation": "loudness correlation",
    "log_spectral_distance_db": "LSD (dB)",
    "multiscale_spectral_distance": "multi-scale spectral",
    "spectral_loss": "spectral loss",
    "mfcc_distance": "MFCC distance",
    "mfcc_frechet": "MFCC-Frechet",
}


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]], n_names: int = 1) -> str:
    """Returns a Markdown table without a newline at its end.

    Args:
      heads: Titles of the columns.
      rows: Cells of each line; a line that has fewer than there are titles ends in empty ones.
      n_names: Columns from the left that hold names; the others hold numbers, set to the right.
    """
    rules = ["---" if column < n_names else "---:" for column in range(len(heads))]
    lines = [heads, rules]
    lines += [[*row, *[""] * (len(heads) - len(row))] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float, form: str = ".4g") -> str:
    """Returns a figure as a cell, empty where it is NaN."""
    return "" if math.isnan(value) else format(value, form)


def write_csv(path: str | os.PathLike, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes rows as a CSV file, whole or not at all; a cell is empty where it is NaN.

    Args:
      path: The file.
      rows: Cells by column; a row may lack some.
    """
    buffer = io.StringIO()
    columns = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: "" if _is_nan(v) else v for k, v in row.items()} for row in rows)
    with replacing(path) as temporary:
        temporary.write_text(printable(buffer.getvalue()), "utf-8")


def write_json(path: str | os.PathLike, content: Any) -> None:
    """Writes dicts, lists and figures as a JSON file, whole or not at all; NaN becomes null."""
    text = json.dumps(_without_nan(content), indent=1, allow_nan=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", "utf-8")


def _without_nan(value):
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if _is_nan(value) else value


def _is_nan(value):
    return isinstance(value, float) and math.isnan(value)
