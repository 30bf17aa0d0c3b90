"""Copies on disk of what cannot be read in place: pipes, and formats that ffmpeg decodes.

They are removed when the process ends.
"""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import soundfile

from audio_tt.errors import UserError

STANDARD_INPUT = "-"
_HARMLESS = re.compile(r"\[(info|warning|verbose)\]")  # lines of ffmpeg's
_ERROR = re.compile(r"\[(error|fatal|panic)\]")
_DURATION = re.compile(r"Duration: (\d+):(\d+):(\d+\.\d+)")
_PADDING = 0.1  # seconds that a codec may leave out
_pipes: dict[object, Path] = {}
_decoded: dict[object, tuple[Path, str]] = {}
_folders: list[tempfile.TemporaryDirectory] = []


def is_pipe(path: str | os.PathLike) -> bool:
    """Whether a path is standard input (`-`), or something else that can be read once only."""
    if os.fspath(path) == STANDARD_INPUT:
        return True
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or stat.S_ISCHR(mode)


def local(path: str | os.PathLike) -> Path:
    """Where the bytes of a file are on disk: the path itself, or the copy of a pipe."""
    if not is_pipe(path):
        return Path(path)
    is_input = os.fspath(path) == STANDARD_INPUT
    status = os.fstat(sys.stdin.fileno()) if is_input else os.stat(path)
    key = status.st_dev, status.st_ino
    if key not in _pipes:
        with tempfile.NamedTemporaryFile(dir=_folder(), delete=False) as copy:
            with open(sys.stdin.fileno() if is_input else path, "rb", closefd=not is_input) as pipe:
                shutil.copyfileobj(pipe, copy)
        _pipes[key] = Path(copy.name)
    return _pipes[key]


def decoded(path: str | os.PathLike, ffmpeg: str) -> tuple[Path | None, str]:
    """Decodes a file with ffmpeg to a wav of float samples; that of the last file is kept.

    Args:
      path: of the file, on disk.
      ffmpeg: the program.

    Returns:
      (the wav, or None where there is none; what is wrong with the file, in a few words, or "").
    """
    status = os.stat(path)
    key = os.path.realpath(path), status.st_mtime_ns, status.st_size
    if key in _decoded:
        return _decoded[key]
    while _decoded:
        _decoded.popitem()[1][0].unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(".wav", dir=_folder())
    os.close(handle)
    command = [ffmpeg, "-nostdin", "-hide_banner", "-v", "level+info", "-y"]
    command += ["-i", f"file:{os.path.abspath(path)}", "-vn"]
    command += ["-c:a", "pcm_f32le", "-rf64", "auto", name]
    done = subprocess.run(command, capture_output=True)
    text = done.stderr.decode("utf-8", "replace")
    if not os.path.getsize(name):
        return None, _first_error(text)
    said = _first_error(text) if done.returncode else _cut_off(text, name)
    _decoded[key] = Path(name), said
    return _decoded[key]


def _first_error(text):
    """What ffmpeg complained of first; "" where it did not."""
    lines = [line for line in text.splitlines() if line.strip() and not _HARMLESS.search(line)]
    lines = [line for line in lines if _ERROR.search(line)] or lines
    return re.sub(r"(\[.*?\] *)+", "", lines[0]).rsplit(": ", 1)[-1].strip(" .") if lines else ""


def _cut_off(text, name):
    """How much of the sound is there, where the file says that there is more; "" otherwise."""
    stated = _DURATION.search(text)
    if stated is None or "Estimating duration" in text:
        return ""
    hours, minutes, seconds = map(float, stated.groups())
    seconds += 60.0 * (minutes + 60.0 * hours)
    there = soundfile.info(name).duration
    is_whole = there > 0.98 * seconds - _PADDING
    return "" if is_whole else f"cut off: {there:.2f} of {seconds:.2f} s can be read"


def _folder():
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="audio_tt_"))
    if not os.path.isdir(_folders[0].name):
        raise UserError(f"{_folders[0].name}: the folder for temporary files has gone")
    return _folders[0].name
