"""Tables of a training's figures, those of the original included."""

import csv
from pathlib import Path

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.files.text import read_text

HELD_OUT = "_val"  # ends the names of figures on held-out slices


def read(path: str | Path) -> list[dict[str, float]]:
    """Reads a table of epochs.

    The original counts its rows from 0 in a column without a name, and its figures on held-out
    slices are all 0, because it never computes them; they are left out.

    Args:
      path: a `history.csv`, ours or the original's.

    Returns:
      List of {column: figure}, the first of which is the number of the epoch, from 1.

    Raises:
      UserError: there is no such file, or it is no table of figures.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such file; name the history.csv of a run")
    try:
        table = csv.DictReader(read_text(path).splitlines())
        rows = [{k: float(v) for k, v in row.items() if v} for row in table]
        key = next(iter(rows[0]), None) if rows else None
        epochs = [int(row.pop(key)) for row in rows] if rows else []
    except (ValueError, TypeError, AttributeError, KeyError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is no history of a training, or is damaged") from error
    if not rows:
        raise UserError(f"{path} holds no epoch yet")
    if key == "":
        epochs = [epoch + 1 for epoch in epochs]
        unused = {
            name for name in rows[0] if name.endswith(HELD_OUT) and not any(r[name] for r in rows)
        }
        rows = [{k: v for k, v in row.items() if k not in unused} for row in rows]
    return [{"epoch": epoch, **row} for epoch, row in zip(epochs, rows, strict=True)]


def adopt(path: str | Path) -> None:
    """Rewrites a table of the original as one of ours; any other file is left alone."""
    if not path.exists():
        return
    with open(path, encoding="utf-8") as file:
        if not file.readline().startswith(","):
            return
    rows = read(path)
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
