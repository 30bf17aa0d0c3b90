"""Folders of visitors' files, which go away."""

import secrets
import shutil
import threading
import time
from pathlib import Path


class Places:
    """A folder for each transfer, below one for each visitor.

    Nobody can guess the name of another's: it holds 128 random bits.

    Args:
      root: that all of it lies in.
      keep_minutes: how long files stay that nobody has removed.
    """

    def __init__(self, root: Path, keep_minutes: float):
        self.root, self._keep_seconds = Path(root), 60.0 * keep_minutes
        self._folders: dict[str | None, list[Path]] = {}
        self._lock = threading.Lock()

    def new(self, visitor: str | None) -> Path:
        """A new folder for a visitor; what is too old goes first."""
        folder = self.root / secrets.token_hex(16)
        self.sweep()
        with self._lock:
            folder.mkdir(parents=True)
            self._folders.setdefault(visitor, []).append(folder)
        return folder

    def leave(self, visitor: str | None) -> None:
        """Removes all that a visitor has."""
        with self._lock:
            for folder in self._folders.pop(visitor, []):
                shutil.rmtree(folder, ignore_errors=True)

    def sweep(self) -> None:
        """Removes what is too old."""
        with self._lock:
            self._sweep()

    def _sweep(self):
        if not self.root.is_dir():
            return
        oldest = time.time() - self._keep_seconds
        for folder in self.root.iterdir():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
        left = {
            visitor: [folder for folder in folders if folder.is_dir()]
            for visitor, folders in self._folders.items()
        }
        self._folders = {visitor: folders for visitor, folders in left.items() if folders}
