"""What recordings are called in what is derived from them."""

from collections.abc import Iterable
from pathlib import Path


def names_below(files: Iterable[Path], path: str | Path) -> dict[Path, str]:
    """Names files by their place below a folder, no two alike.

    Args:
      files: found by `path`.
      path: the folder; of a file or a glob, names have no folders.

    Returns:
      {file: its place without extension}; of two that differ in that alone, the second keeps its
      extension.
    """
    names: dict[str, Path] = {}
    for file in files:
        place = file.relative_to(path) if Path(path).is_dir() else Path(file.name)
        name = str(place.with_suffix(""))
        names[str(place) if name in names else name] = file
    return {file: name for name, file in names.items()}
