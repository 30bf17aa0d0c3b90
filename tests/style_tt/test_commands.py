"""The commands, called as a user calls them."""

import os

import commands
import numpy as np
import pytest
from PIL import Image

from audio_tt.files import io

RATE = 8000
QUICK = [
    "--gin_param=LogSpectrogram.sample_rate=8000",
    "--gin_param=LogSpectrogram.n_fft=128",
    "--gin_param=LogSpectrogram.hop_length=32",
    "--gin_param=GriffinLim.n_iter=2",
]
FILTERS = "--gin_param=random_network.filters=(16,)"  # of no use to infinitely many


@pytest.fixture
def folder(tmp_path, melody, monkeypatch):
    io.write(tmp_path / "in" / "my content.wav", melody("plucked", RATE, 0.6, 0.2), RATE)
    io.write(tmp_path / "in" / "style.flac", melody("bowed", 16000, 0.9, 0.2), 16000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(module, *arguments):
    return commands.run(f"style_tt.{module}", *arguments)


FILES = ["in/my content.wav", "in/style.flac"]


def test_published_with_its_network_kept(folder):
    steps = "--steps=4"
    published = ["--gin_file=style/published.gin", *QUICK, FILTERS, steps]
    result = call("style_transfer", *FILES, *published, "--save_network=n.h5")
    assert result.returncode == 0, result.stderr
    name = "output1D_16_iter3_cmy content_sstyle_sw2500_k3s1p1.wav"
    assert result.stderr.endswith(f"written: '{name}'\n")
    first, rate = io.read(folder / name)
    assert rate == RATE and len(first) == 4800 and np.abs(first).max() > 0.01
    again = [*published, "--load_network=n.h5", "--output=again.wav"]
    assert (
        call("style_transfer", *FILES, *again, "--gin_param=random_network.seed=7").returncode == 0
    )
    np.testing.assert_array_equal(io.read("again.wav")[0], first)
    other = [*published, "--output=other.wav", "--seed=7"]
    assert call("style_transfer", *FILES, *other).returncode == 0
    assert np.abs(io.read("other.wav")[0] - first).max() > 1e-3
    left = {entry for entry in os.listdir(folder) if not entry.endswith(".wav")}
    assert left == {"in", "n.h5"}


def test_run_directory_and_picture(folder):
    options = [*QUICK, "--steps=6", "--output=new/out.ogg", "--run_dir=run", "--sample_every=3"]
    assert call("style_transfer", *FILES, *options, "--plot=p.png").returncode == 0
    assert io.info("new/out.ogg").duration == pytest.approx(0.6)
    assert {"history.csv", "samples", "blocks"} <= set(os.listdir("run"))
    assert len(os.listdir("run/samples")) == 2
    with Image.open("p.png") as picture:
        assert picture.width > 800 and picture.height > 600
    assert call("graphs", *FILES, "new/out.ogg").returncode == 0
    assert (folder / "new" / "out.png").is_file()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([*FILES, "--output=out.xyz"], "out.xyz"),
        (["in/my content.wav", "missing.wav"], "missing.wav"),
        ([*FILES, "--bands=3"], "bands are HZ:STRENGTH"),
        ([*FILES, "--sample_every=3"], "--run_dir"),
        ([*FILES, "--strength=2"], "strength"),
        ([*FILES, *QUICK, "--save_network=n.h5", "--output=a.wav"], "infinitely many"),
        ([*FILES, *QUICK, FILTERS, "--load_network=in/style.flac"], "style.flac"),
        (
            [*FILES, *QUICK, FILTERS, "--output=a.wav"],
            "random_network.filters=(16,) would do nothing",
        ),
        ([*FILES, "--gin_file=style/publish.gin"], "style/published.gin"),
        ([*FILES, "--gin_param=Optimisation.method='sgd'"], "adam, lbfgs"),
    ],
)
def test_mistakes_get_one_line(folder, options, words):
    result = call("style_transfer", *options)
    assert result.returncode in (1, 2)
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: ") and words in lines[0]
    assert os.listdir(folder) == ["in"]
