"""Training in a run directory: it learns, it can be stopped and resumed, it leaves a model."""

import re

import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.files import io
from audio_tt.training.run_directory import RunDirectory
from ddsp_tt.configurables import loop, models
from ddsp_tt.data import preparation
from ddsp_tt.trained import loading


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, melody):
    folder = tmp_path_factory.mktemp("set")
    io.write(folder / "in.wav", melody, 16000)
    preparation.prepare([folder / "in.wav"], folder / "out")
    return folder / "out"


def run(small_gin, prepared, save_dir, num_steps):
    settings.parse_gin((small_gin,))
    settings.bind("train.num_steps", num_steps)
    keras.utils.set_random_seed(0)
    loop.train(models.get_model(), save_dir, prepared, eval_data_dir=prepared)
    return RunDirectory(save_dir).history()


@pytest.fixture(scope="module")
def straight(small_gin, prepared, tmp_path_factory):
    save_dir = tmp_path_factory.mktemp("run with space") / "straight"
    return save_dir, run(small_gin, prepared, save_dir, 4)


def test_what_a_run_leaves(straight):
    save_dir, history = straight
    names = {path.name for path in save_dir.iterdir()}
    assert {
        "model.h5",
        "operative_config.gin",
        "dataset_statistics.json",
        "state.h5",
        "history.csv",
        "history.png",
        "samples",
    } <= names
    assert [row["step"] for row in history] == [2, 4]
    assert all(np.isfinite(row["loss"]) and np.isfinite(row["val_loss"]) for row in history)
    assert history[-1]["val_loss"] < history[0]["val_loss"]
    assert len(list((save_dir / "samples").iterdir())) == 2


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not(straight, small_gin, prepared, tmp_path):
    run(small_gin, prepared, tmp_path / "run", 2)
    history = run(small_gin, prepared, tmp_path / "run", 4)
    expected = straight[1]
    assert [row["step"] for row in history] == [2, 4]
    for row, other in zip(history, expected, strict=True):
        assert row["loss"] == pytest.approx(other["loss"], rel=1e-5)
    first = loading.load(straight[0]).model
    second = loading.load(tmp_path / "run").model
    for a, b in zip(first.trainable_variables, second.trainable_variables, strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(a), keras.ops.convert_to_numpy(b), atol=1e-5
        )


def test_the_steps_are_those_that_were_asked_for(small_gin, prepared, tmp_path):
    """Whatever the rows of the history: 3 with rows of 2, then 8 with rows of 3."""

    def go_on(num_steps, row):
        settings.parse_gin((small_gin,))
        for name, value in (("num_steps", num_steps), ("steps_per_summary", row)):
            settings.bind(f"train.{name}", value)
        model = models.get_model()
        loop.train(model, tmp_path / "run", prepared, steps_per_save=1)
        assert int(model.optimizer.iterations) == num_steps
        return [row["step"] for row in RunDirectory(tmp_path / "run").history()]

    assert go_on(3, 2) == [2, 3]
    assert go_on(8, 3) == [2, 3, 6, 8]


def test_saves_come_with_the_next_row(small_gin, prepared, tmp_path):
    """A save is due every 3 steps, where rows end every 2."""
    settings.parse_gin((small_gin,))
    settings.bind("train.num_steps", 6)
    loop.train(models.get_model(), tmp_path, prepared, steps_per_save=3, steps_per_summary=2)
    samples = (tmp_path / "samples").iterdir()
    assert sorted(int(re.search(r"\d+", path.name)[0]) for path in samples) == [4, 6]


def test_a_finished_run_is_left_as_it_is(straight, small_gin, prepared):
    before = (straight[0] / "history.csv").read_bytes()
    run(small_gin, prepared, straight[0], 4)
    assert (straight[0] / "history.csv").read_bytes() == before


def test_the_operative_gin_alone_rebuilds_the_model(straight):
    trained = loading.load(straight[0])
    assert trained.model.decoder.output_splits[1] == ("harmonic_distribution", 12)
    assert trained.statistics["mean_pitch"] > 0


@pytest.mark.graph
def test_loss_falls(small_gin, prepared):
    settings.parse_gin((small_gin,))
    keras.utils.set_random_seed(0)
    model = models.get_model()
    batch = loop.example_files.CropProvider(prepared, 0.5, 2).batch(0)
    model.compile(loop.Trainer(learning_rate=1e-2).optimizer)
    losses = [float(model.train_on_batch(batch)[0]) for _ in range(12)]
    assert losses[-1] < 0.9 * losses[0]


def test_training_ends_where_the_loss_is_low_enough(small_gin, prepared, tmp_path, caplog):
    """At the end of the first row that has reached it, and no further when repeated."""
    with caplog.at_level("INFO", logger="absl"):
        for _ in range(2):
            settings.parse_gin((small_gin,), ["train.early_stop_loss_value = 1e6"])
            loop.train(models.get_model(), tmp_path, prepared, num_steps=8, steps_per_save=8)
    assert [row["step"] for row in RunDirectory(tmp_path).history()] == [2]
    assert caplog.text.count("after 2 steps: the loss") == 2
    assert RunDirectory(tmp_path).has_state and (tmp_path / "model.h5").is_file()
