"""Tables of figures in Markdown."""

import math
from collections.abc import Iterable, Sequence


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
