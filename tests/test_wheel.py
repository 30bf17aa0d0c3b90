"""What is installed from the wheel works in another folder: settings, models, the demo's melody."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # A copy, because a build leaves files in its folder, which other processes may build from.
    left = shutil.ignore_patterns(
        ".*", "build", "dist", "docs", "runs", "site", "tests", "*.egg-info"
    )
    source = shutil.copytree(ROOT, folder / "source", ignore=left)
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
        + ["-w", str(folder), str(source)],
        check=True,
        cwd=folder,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(wheel):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(wheel.parent / "site")
    return wheel.parent / "site"


def python(code, site, cwd):
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(site)},
        check=True,
    ).stdout


def test_it_is_small(wheel):
    assert wheel.stat().st_size <= 60e6


def test_everything_that_is_needed_is_inside(installed):
    settings = {str(path.relative_to(ROOT / "gin")) for path in (ROOT / "gin").rglob("*.gin")}
    inside = installed / "audio_tt" / "gin_files"
    assert settings == {str(path.relative_to(inside)) for path in inside.rglob("*.gin")}
    for folder in ("assets", "templates"):
        for path in (ROOT / "timbre_tt" / folder).iterdir():
            assert (installed / path.relative_to(ROOT)).is_file()
    for system in ("autoencoder_tt", "ddsp_tt", "pix2pix_tt"):
        for path in (ROOT / system / "pretrained").glob("*/*"):
            assert (installed / path.relative_to(ROOT)).is_file()
    assert not (installed / "tests").exists() and not (installed / "gin").exists()


def test_settings_are_found_from_another_folder(installed, tmp_path):
    code = (
        "import audio_tt, ddsp_tt.configurables;"
        "from audio_tt import settings; settings.parse_gin(('ddsp/flute.gin',));"
        "from ddsp_tt.trained import catalogue;"
        "print(audio_tt.__file__, settings.gin_folder(), *catalogue.instruments())"
    )
    module, gin_folder, *instruments = python(code, installed, tmp_path).split()
    assert module.startswith(str(installed)) and gin_folder.startswith(str(installed))
    assert {"flute", "violin", "trumpet"} <= set(instruments)


def test_console_command(installed):
    (entry,) = installed.glob("*.dist-info/entry_points.txt")
    assert "timbre-transfer = timbre_tt.transfer:command" in entry.read_text()
