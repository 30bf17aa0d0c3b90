"""Model cards: what a model is, what it learned from and under which terms, and how good it is.

A card is the README.md of a model folder, with the front matter that model hubs read. What a run
knows (sizes, steps, figures of its training) is read from its files. What it cannot know (licences
of the recordings, limits, figures on other sounds) comes from a JSON file of the person who packs
it, with any of the keys of `TOLD`.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.files import text
from audio_tt.files.atomic import replacing
from audio_tt.metrics import tables

CARD_FILE = "README.md"
TOLD = {  # key: what stands where nothing was said
    "summary": "",
    "license": "unknown",
    "data": "Not said.",
    "limits": "Not said.",
    "figures": [],
}
_LIBRARY = "library_name: timbre-tt"
_SUMMARY = "summary: "


def read_told(path: str | Path) -> dict[str, Any]:
    """Reads what the person who packs a model says of it.

    Args:
      path: JSON: an object of strings; `figures` is a list of objects `{column: cell}`.

    Raises:
      UserError: it is not that.
    """
    try:
        told = json.loads(text.read_text(path))
    except ValueError as error:
        raise UserError(f"{path}: not JSON: {error}") from error
    if not isinstance(told, dict) or not set(told) <= set(TOLD):
        raise UserError(f"{path}: must be an object with keys among {', '.join(TOLD)}")
    rows = told.get("figures", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{path}: figures must be a list of objects, one for each row")
    return told


def facts(weights: str | Path) -> dict[str, str]:
    """What the files of a model say of it.

    Args:
      weights: the `.h5` that plays. The `history.csv` beside it, where there is one, has steps or
        epochs in its first column and in its last the figure that the training is judged by.

    Returns:
      `{what: how much}`, to be read by people.
    """
    import h5py

    from audio_tt.training.run_directory import RunDirectory

    sizes = []
    with h5py.File(weights, "r") as file:
        file.visititems(lambda _, item: sizes.append(getattr(item, "size", 0)))
    found = {
        "parameters": f"{sum(sizes):,}",
        "file": f"{Path(weights).name}, {Path(weights).stat().st_size / 1e6:.1f} MB",
    }
    return found | _facts_of_training(RunDirectory(Path(weights).parent).history())


def markdown(
    name: str,
    system: str,
    known: Mapping[str, str],
    told: Mapping[str, Any] | None = None,
) -> str:
    """The card of a model.

    Args:
      name: of the model.
      system: that plays it, such as "ddsp".
      known: what its run says of it, see `facts`.
      told: what its maker says of it, see `read_told`.
    """
    told = {**TOLD, **(told or {})}
    said = told["summary"] or f"{name.replace('_', ' ')}, a model of timbre-tt's {system}"
    lines = ["---", f"license: {told['license']}", _LIBRARY]
    lines += ["pipeline_tag: audio-to-audio", f"tags: [timbre-transfer, {system}]"]
    lines += [f"{_SUMMARY}{said}", "---", "", f"# {name}", "", said, ""]
    lines += [
        "## The model",
        "",
        tables.markdown(("", ""), [("system", system), *known.items()], 2),
    ]
    lines += ["", "## Learned from", "", told["data"], ""]
    if told["figures"]:
        heads = list(dict.fromkeys(head for row in told["figures"] for head in row))
        rows = [[str(row.get(head, "")) for head in heads] for row in told["figures"]]
        lines += ["## How good it is", "", tables.markdown(heads, rows), ""]
    lines += ["## Limits", "", told["limits"], "", "## Licence", "", f"{told['license']}", ""]
    return "\n".join(lines)


def write(
    folder: str | Path,
    system: str,
    known: Mapping[str, str],
    told: Mapping[str, Any] | None = None,
) -> None:
    """Writes the card of a model into its folder, whose name is the model's; see `markdown`.

    Raises:
      UserError: see `check`.
    """
    check(folder)
    card = markdown(Path(folder).resolve().name, system, known, told)
    with replacing(Path(folder) / CARD_FILE) as temporary:
        temporary.write_text(card, "utf-8")


def check(folder: str | Path) -> None:
    """Raises UserError where a card's place is taken by a README.md that is none."""
    there = Path(folder) / CARD_FILE
    if there.is_file() and _LIBRARY not in describe(folder):
        raise UserError(f"{there} is no model's card, and is not replaced; name another folder")


def describe(model: str | Path) -> str:
    """The whole card of a model's folder, or of the weights in it; empty where there is none."""
    path = Path(model)
    path = (path.parent if path.is_file() else path) / CARD_FILE
    return text.read_text(path) if path.is_file() else ""


def summary(card: str) -> str:
    """The one line that a card says first; empty where it says none."""
    lines = (line for line in card.splitlines() if line.startswith(_SUMMARY))
    return next(lines, "").removeprefix(_SUMMARY)


def _facts_of_training(rows):
    if not rows:
        return {}
    unit, *_, held_out = dict.fromkeys(name for row in rows for name in row)
    found = {f"{unit}s": f"{rows[-1][unit]:g}"}
    figures = [(row[held_out], row[unit]) for row in rows if held_out in row]
    best, when = min(figures)
    return found | {f"best {held_out}": f"{best:.4g}, {unit} {when:g}"}
