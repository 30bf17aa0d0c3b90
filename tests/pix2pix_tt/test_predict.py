"""Files through models: what the commands do, and the commands."""

import os
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from absl import logging

from audio_tt import settings
from audio_tt.errors import UserError
from pix2pix_tt.playing import conversion, styles
from pix2pix_tt.trained import catalogue, loading

RATE = 22050
pytestmark = pytest.mark.usefixtures("fresh_gin")


@pytest.fixture(scope="module")
def trained(model_folder):
    return loading.load(model_folder)


@pytest.fixture(scope="module")
def conditioned(conditioned_folder):
    return loading.load(conditioned_folder)


@pytest.fixture(scope="module")
def tone(melody):
    return melody("plucked", RATE, 0.8)


def command(*arguments, cwd):
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"},
    )


def test_predict_in_another_folder(tmp_path, model_folder, tone):
    """A bare file name to write, an extension in capitals, stereo."""
    soundfile.write(tmp_path / "in.WAV", np.stack([tone, tone[::-1]], axis=1), RATE, format="WAV")
    result = command(
        "pix2pix_tt.predict",
        f"--model={model_folder}",
        "--input=in.WAV",
        "--output=out.wav",
        "--phase=zero",
        "--overlap_frames=4",
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    audio, rate = soundfile.read(tmp_path / "out.wav")
    assert rate == 44100 and audio.shape == (2 * len(tone), 2)
    assert np.abs(audio).max() > 0.01
    assert sorted(os.listdir(tmp_path)) == ["in.WAV", "out.wav"]


def test_predict_multitarget_with_published_settings(tmp_path, conditioned_folder, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    result = command(
        "pix2pix_tt.predict_multitarget",
        f"--model={conditioned_folder}",
        "--style=harp",
        "--input=in.wav",
        "--output=new/out.wav",
        "--gin_file=pix2pix/published.gin",
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert soundfile.info(tmp_path / "new" / "out.wav").subtype == "FLOAT"
    audio, _ = soundfile.read(tmp_path / "new" / "out.wav")
    assert audio.shape == (2 * len(tone) // 512 * 512,)
    assert np.abs(audio).max() == pytest.approx(1.0)


def test_a_folder_is_planned_file_by_file(tmp_path, tone):
    for name in ("b.wav", "a.FLAC", "inner/a.wav", "inner/a.flac"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "in" / name, tone, RATE, format=name.rsplit(".")[-1].upper())
    (tmp_path / "in" / "notes.txt").write_text("no sound")
    jobs = conversion.plan(tmp_path / "in", tmp_path / "out")
    names = {
        str(s.relative_to(tmp_path / "in")): str(t.relative_to(tmp_path / "out")) for s, t in jobs
    }
    assert names == {
        "a.FLAC": "a.wav",
        "b.wav": "b.wav",
        "inner/a.flac": "inner/a.wav",
        "inner/a.wav": "inner/a.wav.wav",
    }


def test_a_folder_that_cannot_be_planned(tmp_path):
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="no sound file"):
        conversion.plan(tmp_path / "in", tmp_path / "out")
    (tmp_path / "out").write_text("")
    with pytest.raises(UserError, match="out is a file"):
        conversion.plan(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UserError, match="extension"):
        conversion.plan(tmp_path / "in.wav", tmp_path / "out.xyz")


def test_a_folder_goes_on_after_a_broken_file(tmp_path, trained, tone, monkeypatch):
    errors = []
    monkeypatch.setattr(logging, "error", lambda text, *values: errors.append(text % values))
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "b.wav", tone, RATE)
    (tmp_path / "in" / "a.wav").write_text("no sound" * 100)
    jobs = conversion.plan(tmp_path / "in", tmp_path / "out")
    assert conversion.convert_all(jobs, trained) == 1
    assert len(errors) == 1 and "a.wav" in errors[0]
    assert os.listdir(tmp_path / "out") == ["b.wav"]
    with pytest.raises(UserError, match="a.wav"):
        conversion.convert_all(jobs[:1], trained)


def test_loud_output_is_turned_down_not_clipped(tmp_path, trained, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    settings.bind("Transfer.phase", "zero")
    conversion.convert(tmp_path / "in.wav", tmp_path / "out.wav", trained)
    audio, _ = soundfile.read(tmp_path / "out.wav")
    peaks = np.abs(audio) > 0.9989
    assert not np.any(peaks[1:] & peaks[:-1])


def save_slice(path, values):
    path.parent.mkdir(exist_ok=True)
    np.save(path, np.asarray(values, np.float64)[..., None])
    return path


def test_styles(tmp_path, conditioned, melody):
    image = np.random.default_rng(0).random((32, 32))
    named = styles.choose(conditioned, "harp")
    np.testing.assert_array_equal(named, conditioned.styles["harp"])
    found = styles.choose(conditioned, str(save_slice(tmp_path / "a.npy", image)))
    np.testing.assert_allclose(found, image, atol=1e-6)
    filled_up = image.copy()
    filled_up[:, 20:] = 0.0
    for i, values in enumerate([image, 0.5 * image, filled_up]):
        save_slice(tmp_path / "features" / f"song_{i:03d}.npy", values)
    found = [styles.choose(conditioned, str(tmp_path / "features"), seed) for seed in range(20)]
    assert {round(float(f.max() / image.max()), 3) for f in found} == {1.0, 0.5}
    assert all(f[:, -1].any() for f in found)
    np.testing.assert_array_equal(found[3], styles.choose(conditioned, tmp_path / "features", 3))
    audio = np.concatenate([0.01 * melody("bowed", 44100, 1.0), melody("bowed", 44100, 0.5)])
    soundfile.write(tmp_path / "style.wav", audio, 44100)
    found = styles.choose(conditioned, str(tmp_path / "style.wav"))
    slices, _ = conditioned.features.encode(soundfile.read(tmp_path / "style.wav")[0])
    np.testing.assert_allclose(found, (slices[3, ..., 0] + 1) / 2, atol=1e-3)


def test_styles_that_do_not_fit(tmp_path, trained, conditioned):
    assert styles.choose(trained) is None
    with pytest.raises(UserError, match="takes no style"):
        styles.choose(trained, "harp")
    with pytest.raises(UserError, match=r"predict_multitarget with --style=.*guitar, harp"):
        styles.choose(conditioned)
    with pytest.raises(UserError, match="knows no style 'kazoo'"):
        styles.choose(conditioned, "kazoo")
    for name in ("missing.npy", "missing.wav"):
        with pytest.raises(UserError, match=name):
            styles.choose(conditioned, name)
    with pytest.raises(UserError, match=r"\[31, 32, 1\]"):
        styles.choose(conditioned, str(save_slice(tmp_path / "a.npy", np.zeros((31, 32)))))
    (tmp_path / "b.npy").write_text("nothing")
    with pytest.raises(UserError, match="damaged"):
        styles.choose(conditioned, str(tmp_path / "b.npy"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no features"):
        styles.choose(conditioned, str(tmp_path / "empty"))


def test_the_catalogue(model_folder, monkeypatch):
    monkeypatch.setattr(catalogue.MODELS, "path", model_folder.parent)
    assert catalogue.instruments() == ["piano_2_guitar"]
    assert catalogue.folder("piano_2_guitar") == model_folder
    with pytest.raises(UserError, match="'kazoo'; there are: piano_2_guitar"):
        catalogue.folder("kazoo")
