"""Training on two devices, as docs/gpu.md has it: processors stand in for cards."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from ddsp_tt import preparation

pytestmark = pytest.mark.slow

TENSORFLOW = """
import tensorflow as tf

(processor,) = tf.config.list_physical_devices("CPU")
halves = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(processor, halves)
scope = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope
"""
JAX = """
import contextlib
import keras

assert len(keras.distribution.list_devices()) == 2
keras.distribution.set_distribution(keras.distribution.DataParallel())
scope = contextlib.nullcontext
"""
TRAINING = """
from audio_tt import settings
from ddsp_tt.configurables import models, training

settings.parse_gin(["ddsp/small.gin", "tiny.gin"])
with scope():
    training.train(models.get_model(), "run", "data", seed=0)
"""
SETTINGS = """
RnnFcDecoder.rnn_channels = 8
RnnFcDecoder.ch = 8
train.num_steps = 2
train.batch_size = 2
train.crop_seconds = 0.25
train.steps_per_summary = 1
train.steps_per_save = 2
"""


def test_two_devices(tmp_path):
    t = np.arange(16000 * 2) / 16000
    audio = (0.3 * np.sin(2 * np.pi * 440 * t)).astype("float32")
    import soundfile

    soundfile.write(tmp_path / "tone.wav", audio, 16000)
    preparation.prepare([tmp_path / "tone.wav"], tmp_path / "data", method="yin")
    (tmp_path / "tiny.gin").write_text(SETTINGS)
    code = (JAX if keras.backend.backend() == "jax" else TENSORFLOW) + TRAINING
    environment = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-c", code]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr
    rows = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert len(rows) == 3 and all(np.isfinite(float(row.split(",")[1])) for row in rows[1:])
    assert (tmp_path / "run" / "model.h5").is_file()
