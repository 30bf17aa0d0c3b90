"""Which sound files lie in folders, however many there are."""

import collections
import dataclasses
import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import copies
from audio_tt.files.decoding import FFMPEG_EXTENSIONS
from audio_tt.files.paths import expand

AUDIO_EXTENSIONS = FFMPEG_EXTENSIONS | frozenset(
    ".wav .wave .w64 .rf64 .bwf .flac .ogg .oga .opus .spx .mp3 .mpga .aif .aiff .aifc .au .snd "
    ".caf .sph .nist .voc".split()
)
_TRASH = frozenset({"$recycle.bin", "recycler", "system volume information", "__macosx"})


@dataclasses.dataclass(frozen=True)
class Found:
    """A sound file.

    Attributes:
      path: of the file.
      folder: that was searched; None for one that was named, or that a glob gave.
    """

    path: Path
    folder: Path | None = None

    @property
    def inside(self) -> Path:
        """Its place below the folder; its name where there is none."""
        return self.path.relative_to(self.folder) if self.folder else Path(self.path.name)


def find_audio(paths: str | os.PathLike | Iterable[str | os.PathLike]) -> list[Path]:
    """Lists sound files.

    Args:
        paths: one or several of: a file (taken whatever its extension), `-` for standard input, a
            folder (searched with all below it, linked folders once, hidden ones and the trash left
            out), a glob such as `in/**/*.wav`.

    Returns:
        The files, each once, in the order of `paths` and sorted within a folder or glob.

    Raises:
        UserError: a path does not exist, or there is no sound file anywhere.
    """
    paths = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
    return [found.path for found in search(paths)]


def search(paths: Sequence[str | os.PathLike]) -> list[Found]:
    """Lists sound files as `find_audio` does, with the folders that they were found in.

    What lies in the folders and is passed over is said in one line.
    """
    passed = collections.Counter()
    found: dict[Path, Found] = {}
    for word in paths:
        for file in _of_word(expand(word), passed):
            found.setdefault(file.path, file)
    if not found:
        raise UserError(f"{', '.join(map(str, paths)) or 'no path given'}: no sound file found.")
    if passed:
        parts = [f"{what}: {count}" for what, count in passed.most_common()]
        logging.info("sound files found: %d; passed over: %s", len(found), ", ".join(parts))
    return list(found.values())


def _of_word(word, passed):
    if word == copies.STANDARD_INPUT:
        return [Found(Path(word))]
    if os.path.isdir(word):
        folder = Path(word)
        return [Found(Path(path), folder) for path in sorted(_walk(word, passed))]
    if os.path.exists(word):
        return [Found(Path(word))]
    matches = sorted(glob.glob(word, recursive=True))
    if not matches:
        raise UserError(f"{word}: no such file or folder.")
    return [Found(Path(file)) for file in matches if os.path.isfile(file) and _is_audio(file)]


def _walk(top, passed):
    seen = set()
    for folder, folders, names in os.walk(top, followlinks=True):
        status = os.stat(folder)
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        hidden = [name for name in folders if name.startswith(".") or name.lower() in _TRASH]
        passed.update({"hidden folders": len(hidden)} if hidden else {})
        folders[:] = sorted(set(folders) - set(hidden))
        for name in names:
            if name.startswith("."):
                passed["hidden files"] += 1
            elif _is_audio(name):
                yield os.path.join(folder, name)
            else:
                passed["other files"] += 1


def _is_audio(name):
    return os.path.splitext(name)[1].lower() in AUDIO_EXTENSIONS
