"""What Magenta's README and notebooks pass to `ddsp_run` reaches the settings."""

import subprocess
import sys

import gin
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt.configurables import loop
from ddsp_tt.data import tfrecords
from ddsp_tt.features.rates import Rates
from ddsp_tt.training import warm_start

PATTERN = "TFRecordProvider.file_pattern='data/train.tfrecord*'"


@pytest.fixture(autouse=True)
def fresh():
    yield
    gin.clear_config()


def read(tmp_path, files, *parameters):
    warm_start.read_settings(tmp_path / "run", None, files, parameters)


def test_the_notebook_that_trains_an_instrument(tmp_path, caplog):
    read(
        tmp_path,
        ["models/solo_instrument.gin", "datasets/tfrecord.gin"],
        PATTERN,
        "batch_size=12",
        "learning_rate=0.002",
        "train_util.train.num_steps=30",
        "train_util.train.steps_per_save=300",
        "trainers.Trainer.checkpoints_to_keep=10",
        "trainers.Trainer.lr_decay_steps=77",
    )
    values = ("train.batch_size", "train.num_steps", "train.steps_per_save")
    assert [settings.value_of(name) for name in values] == [12, 30, 300]
    assert settings.value_of("TFRecordProvider.file_pattern") == "data/train.tfrecord*"
    schedule = gin.get_configurable(loop.Trainer)().optimizer._learning_rate
    assert (schedule.initial_learning_rate, schedule.decay_steps) == (0.002, 77)
    assert "not known here and passed over: Trainer.checkpoints_to_keep" in caplog.text


@pytest.mark.parametrize("model", ["models/ae.gin", "models/vst/vst.gin", "ddsp/small.gin"])
def test_the_readme(tmp_path, model):
    """The macro is read by all models, whatever size they have by themselves."""
    read(tmp_path, [model], "batch_size=7", "learning_rate=0.5")
    assert settings.value_of("train.batch_size") == 7
    assert settings.value_of("Trainer.learning_rate") == 0.5


def test_evaluation(tmp_path):
    read(tmp_path, ["eval/basic.gin"], "evaluate.num_batches=5", "eval_util.evaluate.batch_size=2")
    assert len(settings.value_of("evaluate.evaluator_classes")) == 1


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("train.num_step=5", "train has no parameter num_step; did you mean num_steps?"),
        ("batch_sise=5", "nothing reads the macro batch_sise; did you mean batch_size?"),
        ("trainer.Trainer.learning_rate=1", "nothing is called trainer.Trainer"),
        ("train.num_steps='5'", "train.num_steps is '5'; it must be"),
    ],
)
def test_what_does_nothing_is_refused(tmp_path, parameter, words):
    with pytest.raises(UserError, match=words):
        read(tmp_path, [], parameter)


def test_centred_windows_have_the_frame_on_their_end():
    rates = Rates(16000, 50)
    n_frames = 150
    example = {
        "audio": np.zeros(n_frames * 320, "float32"),
        "audio_16k": np.zeros(n_frames * 320, "float32"),
        "rates": rates,
        **{key: np.arange(n_frames) for key in ("f0_hz", "f0_confidence", "loudness_db")},
    }
    windows = list(tfrecords.windows(example, 1.0, 1.0, center=True))
    assert [window["f0_hz"][[0, -1]].tolist() for window in windows] == [
        [0, 50],
        [50, 100],
        [100, 149],
    ]
    assert all(len(window["audio"]) == 16000 for window in windows)


def test_the_flags_of_ddsp_prepare_tfrecord():
    command = [sys.executable, "-m", "ddsp_tt.prepare_dataset", "--help"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for name in ("[no]viterbi", "[no]center", "num_shards", "sample_rate", "hop_secs"):
        assert f"--{name}" in text
