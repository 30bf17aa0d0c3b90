"""Builds what a release consists of and uses it, installed, on every Python that is at hand.

python -m tools.release_check        (make release-check)

The sdist is built from the folder and the wheel from the sdist. In a clean environment of each
Python the wheel is installed with what it asks for, every module is imported, and each system plays
the demo's recording, outside the repository.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

from absl import flags

from audio_tt.command import app
from audio_tt.errors import UserError

FLAGS = flags.FLAGS
flags.DEFINE_multi_string(
    "python", [], "A Python to install into; by default every supported one that is found."
)

ROOT = Path(__file__).parents[1]
SUPPORTED = ("3.11", "3.12", "3.13")
LARGEST_WHEEL_MB = 60
PLAYED = {  # system: the instrument that it plays
    "ddsp": "flute",
    "autoencoder": "flute",
    "pix2pix": "guitar_acoustic",
    "style": "clarinet",
}
IMPORTING = """
import importlib, pkgutil
from absl import flags
for package in {packages}:
    folder = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(folder, package + "."):
        try:
            importlib.import_module(module.name)
        except flags.DuplicateFlagError:  # two commands are never in one process
            pass
print(importlib.import_module("timbre_tt").__file__)
"""
JUDGING = """
import sys
from audio_tt.files import io
from audio_tt.metrics import pitch_metrics
from audio_tt.pitch import tracking
curves, lengths = [], []
for path in sys.argv[1:]:
    audio, rate = io.read(path)
    audio = audio.mean(axis=-1) if audio.ndim > 1 else audio
    lengths.append((len(audio), rate))
    curves.append(tracking.track(audio, rate, 100, method="yin")[0])
assert lengths[0] == lengths[1], lengths
print(pitch_metrics.raw_chroma_accuracy(*curves))
"""


def run(*command: str | Path, cwd: Path) -> str:
    """Runs a command and returns its standard output.

    Raises:
      UserError: It failed; its last lines are told.
    """
    surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "KERAS_BACKEND")}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=surroundings, capture_output=True, text=True
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-10:]
        raise UserError(f"{Path(command[0]).name} {command[1]} failed:\n" + "\n".join(said))
    return done.stdout


def find_pythons() -> list[Path]:
    """Returns one interpreter of each supported version that is found, on the path or in pyenv."""
    found = []
    for version in SUPPORTED:
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        named = shutil.which(f"python{version}")
        for python in (*pyenv[::-1], *([named] if named else [])):
            asked = subprocess.run([python, "--version"], capture_output=True, text=True)
            if f" {version}." in asked.stdout:
                found.append(Path(python))
                break
    return found


def build(folder: Path) -> Path:
    """Builds the sdist from the repository and the wheel from the sdist; returns the wheel."""
    code = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
    source = folder / "source"
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    for name in filter(None, listed):  # as a fresh clone has it
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, source / name)
    run(sys.executable, "-c", code, folder, cwd=source)
    (sdist,) = folder.glob("*.tar.gz")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "-q", "--no-deps", "-w", folder, sdist, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    print(f"{sdist.name} {_megabytes(sdist):.1f} MB, {wheel.name} {_megabytes(wheel):.1f} MB")
    return wheel


def check_wheel(wheel: Path, changelog: str) -> None:
    """Checks version and size.

    Raises:
      UserError: The newest entry of the changelog is of another version, or the wheel is too large.
    """
    with ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        version = HeaderParser().parsestr(archive.read(name).decode())["Version"]
    newest = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    if not newest or newest[1] != version:
        raise UserError(f"the wheel is {version}, the changelog's newest {newest and newest[1]}")
    if _megabytes(wheel) > LARGEST_WHEEL_MB:
        raise UserError(f"the wheel takes {_megabytes(wheel):.1f} MB of {LARGEST_WHEEL_MB}")


def try_out(python: Path, wheel: Path, folder: Path) -> None:
    """Installs the wheel for a Python and plays on every system.

    Raises:
      UserError: Something fails, or does not sound as it should.
    """
    run(python, "-m", "venv", folder / "venv", cwd=folder)
    own = folder / "venv" / "bin"
    pip = [own / "python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "-q", wheel, cwd=folder)
    run(*pip, "check", cwd=folder)
    packages = sorted(path.parent.name for path in ROOT.glob("*_tt/__init__.py"))
    place = run(own / "python", "-c", IMPORTING.format(packages=packages), cwd=folder).split()[-1]
    if not Path(place).is_relative_to(folder):
        raise UserError(f"{place} was imported instead of what was installed")
    recording = Path(place).parent / "assets" / "demo.flac"
    for system, instrument in PLAYED.items():
        out = f"{system}.wav"
        words = [recording, out, f"--system={system}", f"--instrument={instrument}"]
        run(own / "timbre-transfer", *words, cwd=folder)
        kept = float(run(own / "python", "-c", JUDGING, recording, out, cwd=folder).split()[-1])
        print(f"  {system} {instrument}: pitch class kept in {kept:.2f} of the frames")
        if system != "style" and kept < 0.8:  # style takes on the pitches of its clip
            raise UserError(f"{system} does not play what it was given")


def main() -> None:
    """Builds, checks the version, and installs on each Python."""
    pythons: Sequence[Path] = [Path(p) for p in FLAGS.python] or find_pythons()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        wheel = build(folder)
        check_wheel(wheel, (ROOT / "CHANGELOG.md").read_text("utf-8"))
        for python in pythons:
            place = folder / f"try_{pythons.index(python)}"
            place.mkdir()
            print(run(python, "--version", cwd=place).strip())
            try_out(python, wheel, place)
            shutil.rmtree(place)
    print(f"works on {len(pythons)} of {len(SUPPORTED)} supported Pythons")


def _megabytes(path):
    return path.stat().st_size / 1e6


if __name__ == "__main__":
    app.run(main)
