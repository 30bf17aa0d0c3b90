"""Files through models: what the commands do, and the commands."""

import os

import commands
import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.playing.conversion import Output
from pix2pix_tt.playing import published, styles
from pix2pix_tt.playing.settings import Transfer
from pix2pix_tt.trained import catalogue

RATE = 22050
pytestmark = pytest.mark.usefixtures("fresh_gin")


@pytest.fixture(scope="module")
def tone(melody):
    return melody("plucked", RATE, 0.8)


def test_predict_in_another_folder(tmp_path, model_folder, tone):
    """A bare file name to write, an extension in capitals, stereo."""
    soundfile.write(tmp_path / "in.WAV", np.stack([tone, tone[::-1]], axis=1), RATE, format="WAV")
    result = commands.run(
        "pix2pix_tt.predict",
        f"--model={model_folder}",
        "--input=in.WAV",
        "--output=out.wav",
        "--phase=zero",
        "--overlap_frames=4",
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "written: out.wav\n")
    audio, rate = soundfile.read(tmp_path / "out.wav")
    assert rate == RATE and audio.shape == (len(tone), 2)
    assert np.abs(audio).max() > 0.01
    assert sorted(os.listdir(tmp_path)) == ["in.WAV", "out.wav"]


def test_predict_multitarget_with_published_settings(tmp_path, conditioned_folder, tone):
    soundfile.write(tmp_path / "in.wav", tone, RATE)
    result = commands.run(
        "pix2pix_tt.predict_multitarget",
        f"--model={conditioned_folder}",
        "--style=harp",
        "--input=in.wav",
        "--output=new/out.wav",
        "--gin_file=pix2pix/published.gin",
        cwd=tmp_path,
    )
    assert (result.returncode, result.stderr) == (0, "written: new/out.wav\n")
    assert soundfile.info(tmp_path / "new" / "out.wav").subtype == "FLOAT"
    audio, _ = soundfile.read(tmp_path / "new" / "out.wav")
    assert audio.shape == (2 * len(tone) // 512 * 512,)
    assert np.abs(audio).max() == pytest.approx(1.0)


def test_folders_globs_and_an_output_folder(tmp_path, model_folder, tone):
    """One that is broken does not stop the others; what is there stays as it is."""
    for name in ("in/b.wav", "in/inner/a.wav", "more/c.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / name, tone[:4000], RATE)
    (tmp_path / "in" / "a.wav").write_text("no sound" * 100)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.wav").write_text("mine")
    result = commands.run(
        "pix2pix_tt.predict",
        f"--model={model_folder / 'generator.h5'}",
        "--input=in",
        "--input=more/*.wav",
        "--output_dir=out",
        "--skip_existing",
        "--output_rate=16000",
        cwd=tmp_path,
    )
    assert result.returncode == 1 and "a.wav" in result.stderr
    assert (tmp_path / "out" / "b.wav").read_text() == "mine"
    assert sorted(str(p.relative_to(tmp_path)) for p in (tmp_path / "out").rglob("*.wav")) == [
        "out/b.wav",
        "out/c.wav",
        "out/inner/a.wav",
    ]
    audio, rate = soundfile.read(tmp_path / "out" / "inner" / "a.wav")
    assert rate == 16000 and len(audio) == -(-4000 * 16000 // RATE)


def test_the_originals_settings_say_how_files_are_written():
    transfer = Transfer(keep_length=False, normalise_peak=True, mono=True, subtype="FLOAT")
    output = published.applied(Output(jobs=2), transfer)
    assert (output.sample_rate, output.mono, output.subtype, output.jobs) == (0, True, "FLOAT", 2)
    blocks = [np.full((3, 1), 0.25, np.float32), np.full((2, 1), -0.5, np.float32)]
    finished = np.concatenate(list(output.finish(iter(blocks))))
    np.testing.assert_allclose(finished[:, 0], [0.5, 0.5, 0.5, -1.0, -1.0])
    assert published.applied(Output(sample_rate=8000), transfer).sample_rate == 8000
    assert published.applied(Output(), Transfer()) == Output()


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
    with pytest.raises(UserError, match="--style=.* does nothing"):
        styles.choose(trained, "harp")
    with pytest.raises(UserError, match=r"what --style says: .*guitar, harp"):
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


def test_a_model_goes_by_its_folder_its_file_or_its_name(model_folder, monkeypatch, tmp_path):
    monkeypatch.setattr(catalogue.MODELS, "path", model_folder.parent)
    assert catalogue.instruments() == ["piano_2_guitar"]
    assert catalogue.folder("piano_2_guitar") == model_folder
    weights = model_folder / "generator.h5"
    monkeypatch.chdir(tmp_path)
    (tmp_path / "piano_2_guitar").mkdir()  # any folder of that name is no model
    for model in (model_folder, str(weights), "piano_2_guitar"):
        assert catalogue.find_weights(model) == weights
    with pytest.raises(UserError, match="'kazoo'; there are: piano_2_guitar"):
        catalogue.folder("kazoo")
    with pytest.raises(UserError, match="kazoo: no such folder .*; there are: piano_2_guitar"):
        catalogue.find_weights("kazoo")
