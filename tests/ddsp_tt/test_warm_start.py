"""Trainings begin from weights that are there, and never overwrite them by random ones."""

import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.models import weights
from ddsp_tt.configurables import loop, models
from ddsp_tt.data import preparation
from ddsp_tt.training import warm_start


@pytest.fixture
def data_dir(tmp_path):
    noise = np.random.default_rng(0).normal(scale=0.1, size=32000)
    io.write(tmp_path / "noise.wav", noise, 16000)
    preparation.prepare([tmp_path / "noise.wav"], tmp_path / "data", "yin", run=map)
    return tmp_path / "data"


def train(small_gin, run_dir, data_dir, seed, parameters="", **options):
    """Trains a small model without a step; returns its weights by name."""
    (small_gin.parent / "more.gin").write_text(f"include '{small_gin}'\n{parameters}")
    settings.parse_gin((small_gin.parent / "more.gin",))
    keras.utils.set_random_seed(seed)
    loop.train(models.get_model(), run_dir, data_dir, num_steps=0, **options)
    return weights.read_tensors(run_dir / "model.h5")


def same(first, second, names=None):
    return all(np.array_equal(first[name], second[name]) for name in names or first)


def test_a_folder_with_weights_and_no_state_goes_on_from_them(
    small_gin, tmp_path, data_dir, caplog
):
    first = train(small_gin, tmp_path / "run", data_dir, seed=0)
    assert not same(first, train(small_gin, tmp_path / "other", data_dir, seed=1))
    with caplog.at_level("INFO", logger="absl"):
        again = train(small_gin, tmp_path / "run", data_dir, seed=1)
    assert same(first, again) and "no state to go on from" in caplog.text


def test_weights_that_do_not_fit_are_kept(small_gin, tmp_path, data_dir):
    first = train(small_gin, tmp_path / "run", data_dir, seed=0)
    with pytest.raises(UserError, match="does not fit"):
        train(small_gin, tmp_path / "run", data_dir, 1, "n_harmonics = 7")
    assert same(first, weights.read_tensors(tmp_path / "run" / "model.h5"))


def test_start_from_another_model(small_gin, tmp_path, data_dir, caplog):
    first = train(small_gin, tmp_path / "run", data_dir, seed=0)
    for source in (tmp_path / "run", tmp_path / "run" / "model.h5"):
        name = f"whole {source.suffix}"
        assert same(first, train(small_gin, tmp_path / name, data_dir, 1, start_from=source))
    with caplog.at_level("INFO", logger="absl"):
        other = train(
            small_gin, tmp_path / "b", data_dir, 1, "n_harmonics = 7", start_from=tmp_path / "run"
        )
    out = [name for name in first if "dense_out" in name]
    assert len(out) == 2 and all(name in caplog.text for name in out)
    assert same(first, other, set(first) - set(out))


def test_what_is_wrong_is_said(tmp_path, small_gin):
    assert warm_start.find("violin").name == "model.h5"
    with pytest.raises(UserError, match="no such instrument"):
        warm_start.find("nothing")
    settings.parse_gin((small_gin,))
    layer = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    with pytest.raises(UserError, match="holds no tensor that this model has"):
        weights.load_fitting(layer, warm_start.find("violin"))


def test_a_checkpoint_of_magentas_is_begun_from(tmp_path, melody, caplog):
    """Its settings are read as well; so are those of a folder that another run begins from."""
    pytest.importorskip("tensorflow")
    import magenta_folder

    io.write(tmp_path / "melody.wav", melody, 16000)
    preparation.prepare([tmp_path / "melody.wav"], tmp_path / "data", "yin", run=map)
    magenta = magenta_folder.write(tmp_path / "theirs", seed=5)
    expected = {variable.path: np.array(variable) for variable in magenta.weights}
    for run_dir, source in (("theirs", None), ("ours", tmp_path / "theirs")):
        keras.utils.set_random_seed(1)
        given = ["train.crop_seconds = 0.064", "train.num_steps = 0"]
        warm_start.read_settings(tmp_path / run_dir, source, [], given)
        model = models.get_model()
        loop.train(model, tmp_path / run_dir, tmp_path / "data", start_from=source)
        for variable in model.weights:
            np.testing.assert_array_equal(np.array(variable), expected[variable.path])
        assert (tmp_path / run_dir / "model.h5").is_file()
