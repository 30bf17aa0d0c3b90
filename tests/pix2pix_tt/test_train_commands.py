"""The commands that train, and the one that draws their history."""

import importlib
import os

import commands
import pytest
from PIL import Image

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.training import holding_out
from audio_tt.training.run_directory import RunDirectory
from pix2pix_tt.data import targets
from pix2pix_tt.training import history

ORIGINAL = ",gen_mae,gen_mae_val,gen_loss,gen_loss_val,disc_loss,disc_loss_val\n"


def command(module, *arguments):
    return commands.run(f"pix2pix_tt.{module}", *arguments)


@pytest.mark.parametrize(
    "module, own",
    [("train", "gen_lr disc_lr"), ("train_generator", "lr"), ("train_multitarget", "")],
)
def test_the_flags_of_the_original(module, own):
    result = command(module, "--help")
    assert result.returncode == 0
    shared = "dataset_path origin target epochs epoch_offset batch_size validation_split findlr gpu"
    for flag in [*shared.split(), *own.split(), "models_path", "gin_file", "seed"]:
        assert f"--{flag}" in result.stdout or f"--[no]{flag}" in result.stdout, flag


@pytest.mark.skipif(
    os.environ.get("KERAS_BACKEND") == "jax", reason="a minute, and tested inside the process"
)
def test_train(features_path, tiny_gin, tmp_path):
    arguments = ["--dataset_path", features_path, "--origin", "piano", "--target", "guitar"]
    arguments += ["--models_path", tmp_path, "--gin_file", tiny_gin, "--findlr", "False"]
    arguments += ["--validation_split", "0.8", "--batch_size", "6", "--gen_lr", "0.002"]
    result = command("train", *arguments, "--epochs", "1", "--gpu", "-1")
    assert result.returncode == 0, result.stderr
    assert "is read as the share to train on: 0.2 is held out" in result.stderr
    assert "15 training examples, 3 held out, of 6 songs" in result.stderr
    run = tmp_path / "piano_2_guitar"
    assert [row["epoch"] for row in RunDirectory(run).history()] == [1]
    config = (run / "operative_config.gin").read_text("utf-8")
    assert "Pix2PixTrainer.generator_learning_rate = 0.002" in config
    assert "SlicePairs.batch_size = 6" in config
    assert "unet_generator.down_filters = (4, 8)" in config


@pytest.mark.parametrize("given, share", [(None, None), (0.1, 0.1), (0.5, 0.5), (0.9, 0.1), (1, 0)])
def test_validation_split(given, share):
    assert holding_out.share_of(given) == share


@pytest.mark.parametrize("text", ["a,b", "['a','b']", "['a', 'b']", " a , b ", '("a", "b")'])
def test_targets(text):
    assert targets.target_names(text) == ["a", "b"]


@pytest.mark.parametrize("text", ["", "a,,b", "['a', 3]", "['a'", "a,a"])
def test_bad_targets(text):
    with pytest.raises(UserError, match="--target="):
        targets.target_names(text)


@pytest.mark.parametrize("rows", [1, 3, 120])
def test_history_of_the_original(tmp_path, rows):
    path = tmp_path / "history.csv"
    lines = [f"{i},{0.5 / (i + 1)},0.0,50.0,0.0,1.3,0.0" for i in range(rows)]
    path.write_text(ORIGINAL + "\n".join(lines) + "\n", "utf-8")
    read = history.read(path)
    assert [row["epoch"] for row in read] == list(range(1, rows + 1))
    assert list(read[0]) == ["epoch", "gen_mae", "gen_loss", "disc_loss"]
    history.adopt(path)
    assert RunDirectory(tmp_path).history() == read
    before = path.read_bytes()
    history.adopt(path)
    assert path.read_bytes() == before


def test_history_of_ours_keeps_what_was_held_out(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,gen_mae,gen_mae_val\n1,0.5,0.0\n2,0.4,\n", "utf-8")
    assert history.read(path) == [
        {"epoch": 1, "gen_mae": 0.5, "gen_mae_val": 0.0},
        {"epoch": 2, "gen_mae": 0.4},
    ]


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "holds no epoch yet"),
        (ORIGINAL, "holds no epoch yet"),
        (ORIGINAL + "0,much\n", "is no history of a training, or is damaged"),
        ("PNG\0\n\1\2\n", "is no history of a training, or is damaged"),
    ],
)
def test_bad_histories(tmp_path, text, message):
    (tmp_path / "history.csv").write_text(text, "utf-8")
    with pytest.raises(UserError, match=message):
        history.read(tmp_path / "history.csv")


def test_no_history(tmp_path):
    with pytest.raises(UserError, match="history.csv: no such file"):
        history.read(tmp_path / "history.csv")


def test_plot_history(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text("epoch,gen_mae,gen_mae_val,gen_loss\n1,0.5,0.6,50\n2,0.4,0.5,40\n", "utf-8")
    result = command("plot_history", tmp_path)
    assert result.stderr == f"written: {tmp_path / 'history.png'}\n"
    width, height = Image.open(tmp_path / "history.png").size
    assert 300 < height < width  # two panels: a figure and its held-out one share theirs
    assert {path.name for path in tmp_path.iterdir()} == {"history.csv", "history.png"}
    result = command("plot_history")
    assert result.returncode == 1 and "name one history.csv" in result.stderr


@pytest.mark.parametrize(
    "file, rates",
    [
        ("published", (5e-5, 5e-6)),
        ("guitar", (5e-5, 5e-6)),
        ("string", (1e-5, 1e-5)),
        ("synth_lead", (1e-4, 1e-5)),
        ("any", (1e-5, 5e-6)),
        ("batch_1", (5e-6, 5e-7)),
    ],
)
def test_the_published_learning_rates(file, rates):
    import gin

    importlib.import_module("pix2pix_tt.configurables")
    settings.parse_gin((f"pix2pix/{file}.gin",))
    names = ("generator_learning_rate", "discriminator_learning_rate")
    assert tuple(gin.query_parameter(f"Pix2PixTrainer.{name}") for name in names) == rates
    assert gin.query_parameter("train_pix2pix.epochs") == 100
    assert gin.query_parameter("SlicePairs.batch_size") == (1 if file == "batch_1" else 8)


@pytest.mark.parametrize("file", sorted((settings.gin_folder() / "pix2pix").glob("*.gin")))
def test_all_settings_can_be_read(file):
    importlib.import_module("pix2pix_tt.configurables")
    settings.parse_gin((file,))


@pytest.mark.slow
@pytest.mark.skipif(os.environ.get("KERAS_BACKEND") != "jax", reason="is for JAX")
def test_two_devices_take_the_steps_of_one(features_path, tiny_gin, tmp_path, monkeypatch):
    arguments = ["--dataset_path", features_path, "--origin", "piano", "--target", "guitar"]
    arguments += ["--gin_file", tiny_gin, "--batch_size", "4", "--epochs", "1"]
    result = command("train", *arguments, "--models_path", tmp_path / "one")
    assert result.returncode == 0, result.stderr
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=2")
    result = command("train", *arguments, "--models_path", tmp_path / "two", "--strategy=mirrored")
    assert result.returncode == 0, result.stderr
    (one,), (two,) = (
        RunDirectory(tmp_path / name / "piano_2_guitar").history() for name in ("one", "two")
    )
    assert two == pytest.approx(one, rel=1e-3)
    arguments += ["--batch_size", "3", "--models_path", tmp_path / "odd", "--strategy=mirrored"]
    result = command("train", *arguments)
    assert "a batch of 3 cannot be divided among 2 devices" in result.stderr


@pytest.mark.skipif(os.environ.get("KERAS_BACKEND") == "jax", reason="is for TensorFlow")
def test_several_devices_are_for_jax():
    from audio_tt.training.devices.tensorflow import TensorFlowDevices

    with pytest.raises(UserError, match="use KERAS_BACKEND=jax"):
        TensorFlowDevices("mirrored").spread([])
