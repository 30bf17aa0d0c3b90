"""Pictures are PNG files with something drawn on them, whatever is to be drawn."""

import numpy as np
import pytest
from PIL import Image

from audio_tt.plots import charts
from audio_tt.plots.sound_plots import PicturedSound


def picture(path):
    image = Image.open(path)
    assert image.format == "PNG" and min(image.size) > 200
    return np.asarray(image.convert("RGB"), dtype=int)


def has_color(pixels, red, green, blue):
    return (np.abs(pixels - [red, green, blue]).sum(axis=-1) < 60).any()


def tone(seconds=1.0, hz=440.0, rate=16000):
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)).astype("float32")


def test_spectrogram_shows_pitch_where_it_is_given(tmp_path):
    charts.spectrogram(tone(), 16000, tmp_path / "plain.png")
    f0_hz = np.full(250, 440.0)
    charts.spectrogram(tone(), 16000, tmp_path / "f0.png", f0_hz, 250, title="a tone")
    assert not has_color(picture(tmp_path / "plain.png"), 0, 255, 255)
    assert has_color(picture(tmp_path / "f0.png"), 0, 255, 255)


@pytest.mark.parametrize("n_samples", [0, 1, 100, 16000])
def test_spectrogram_of_silence_and_of_short_sounds(tmp_path, n_samples):
    charts.spectrogram(np.zeros(n_samples, "float32"), 16000, tmp_path / "s.png")
    picture(tmp_path / "s.png")


def test_names_of_any_bytes_and_no_formula(tmp_path):
    for name in ("tr\udce9s", "$a_{ $b$", "back\\slash"):
        charts.spectrograms(tmp_path / "s.png", {name: tone()}, 16000)
        charts.bars(tmp_path / "b.png", [name], {"x": [1.0]}, {"x": 1.0})
        picture(tmp_path / "s.png")


def test_curves(tmp_path):
    time = np.arange(100) / 250
    pitch = {"input": np.full(100, 220.0), "output": np.r_[np.zeros(50), np.full(50, 440.0)]}
    charts.curves(tmp_path / "c.png", time, pitch, {"input": np.linspace(-80, 0, 100)})
    pixels = picture(tmp_path / "c.png")
    assert has_color(pixels, 31, 119, 180) and has_color(pixels, 255, 127, 14)


def test_history_draws_training_and_held_out(tmp_path):
    rows = [{"step": i, "loss": 10.0 / i, "val_loss": 11.0 / i} for i in range(1, 6)]
    charts.history(tmp_path / "both.png", rows)
    charts.history(tmp_path / "one.png", [{"step": 1, "loss": 3.0}])
    assert has_color(picture(tmp_path / "both.png"), 255, 127, 14)
    assert not has_color(picture(tmp_path / "one.png"), 255, 127, 14)


def test_side_by_side_shares_one_scale(tmp_path):
    """What is quieter is darker, what is shorter ends earlier."""
    loud = PicturedSound("loud", tone(2.0), 16000)
    quiet = PicturedSound("quiet", 0.003 * tone(1.0), 16000)
    charts.side_by_side(tmp_path / "both.png", [loud, quiet])
    pixels = picture(tmp_path / "both.png")
    left, right = np.array_split(pixels, 2, axis=1)
    bright = [(np.abs(half - [252, 253, 191]).sum(axis=-1) < 40).sum() for half in (left, right)]
    assert bright[0] > 2 * bright[1]  # of the colour bar, all that is bright to the right


def test_harmonics_and_the_spectrum_of_a_moment(tmp_path):
    sound = PicturedSound("tone", tone(), 16000, np.full(100, 440.0))
    sizes = []
    for name, options in {"plain": {}, "more": {"harmonics": 5, "at_seconds": 0.5}}.items():
        charts.side_by_side(tmp_path / f"{name}.png", [sound], **options)
        pixels = picture(tmp_path / f"{name}.png")
        sizes.append((len(pixels), (np.abs(pixels - [0, 255, 255]).sum(axis=-1) < 90).sum()))
    assert sizes[1][0] > sizes[0][0] and has_color(pixels, 255, 127, 14)
    charts.side_by_side(tmp_path / "end.png", [sound], at_seconds=99.0)  # after the end: silence
