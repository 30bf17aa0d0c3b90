"""Training on several devices and machines takes the steps that one device takes."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.training import devices, run_directory
from audio_tt.training.devices import single
from ddsp_tt.data import preparation

ROUNDING = 1e-4  # logarithms of what is silent make much of float32's last digits
BACKEND = keras.backend.backend()
# Noise is drawn by each device for its own examples, so the equality below is for a model without.
SETTINGS = """
include '{small}'
ProcessorGroup.dag = [(@synths.Harmonic(), ['amps', 'harmonic_distribution', 'f0_hz'])]
Trainer.grad_clip_norm = 0.05
Trainer.learning_rate = 3e-4
train.batch_size = 4
train.crop_seconds = 0.25
"""
TWO_DEVICES = """
import sys
from audio_tt.command import app
from ddsp_tt import run
if {tensorflow}:
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)
app.run(run.main)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory, small_gin, melody):
    """A folder with prepared examples and settings."""
    from audio_tt.files import io

    folder = tmp_path_factory.mktemp("devices")
    io.write(folder / "in.wav", melody, 16000)
    preparation.prepare([folder / "in.wav"], folder / "data", "yin", run=map)
    (folder / "settings.gin").write_text(SETTINGS.format(small=small_gin))
    return folder


def start(place, save_dir, *arguments, program=("-m", "ddsp_tt.run"), **environment):
    return subprocess.Popen(
        [
            sys.executable,
            *program,
            f"--data_dir={place / 'data'}",
            f"--save_dir={save_dir}",
            f"--gin_file={place / 'settings.gin'}",
            *arguments,
        ],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def start_workers(place, save_dir, *arguments):
    sockets = [socket.socket() for _ in range(2)]
    for each in sockets:
        each.bind(("localhost", 0))
    workers = [f"localhost:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return [
        start(
            place,
            save_dir,
            "--strategy=multiworker",
            *arguments,
            TF_CONFIG=json.dumps(
                {"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}}
            ),
        )
        for index in range(2)
    ]


def finish(*processes):
    for process in processes:
        output, _ = process.communicate(timeout=300)
        assert process.returncode == 0, output


def losses(save_dir):
    return [row["loss"] for row in run_directory.RunDirectory(save_dir).history()]


@pytest.fixture(scope="module")
def expected(place):
    finish(start(place, place / "one"))
    return losses(place / "one")


@pytest.mark.slow
def test_two_devices(place, expected):
    program = ("-c", TWO_DEVICES.format(tensorflow=BACKEND == "tensorflow"))
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    finish(start(place, place / "two", "--strategy=mirrored", program=program, XLA_FLAGS=flags))
    assert len(expected) == 2
    np.testing.assert_allclose(losses(place / "two"), expected, rtol=ROUNDING)


@pytest.mark.slow
def test_two_workers(place, expected):
    finish(*start_workers(place, place / "workers"))
    np.testing.assert_allclose(losses(place / "workers"), expected, rtol=ROUNDING)


@pytest.mark.slow
def test_a_killed_worker_leaves_a_run_that_resumes(place, expected):
    save_dir = place / "killed"
    workers = start_workers(place, save_dir, "--gin_param=train.num_steps=100000")
    deadline = time.monotonic() + 200
    while not (save_dir / "state.h5").exists() and time.monotonic() < deadline:
        time.sleep(0.2)
    workers[1].send_signal(signal.SIGKILL)
    workers[1].wait()
    time.sleep(1.0)
    workers[0].send_signal(signal.SIGKILL)  # it waits for the other until a time is up
    workers[0].wait()
    done = int(run_directory.RunDirectory(save_dir).history()[-1]["step"])
    finish(*start_workers(place, save_dir, f"--gin_param=train.num_steps={done + 2}"))
    history = run_directory.RunDirectory(save_dir).history()
    assert [row["step"] for row in history] == list(range(2, done + 3, 2))
    np.testing.assert_allclose([row["loss"] for row in history[:2]], expected, rtol=ROUNDING)


def test_shares_of_a_batch_are_the_batch():
    batch = {"f0_hz": np.arange(6), "audio": np.arange(12).reshape(6, 2)}
    parts = [single.share(batch, index, 3) for index in range(3)]
    for key, values in batch.items():
        np.testing.assert_array_equal(np.concatenate([part[key] for part in parts]), values)
    with pytest.raises(UserError, match="a batch of 6 cannot be divided among 4 devices"):
        single.share(batch, 0, 4)


@pytest.mark.parametrize("value", [None, "{", '{"cluster": {"worker": []}, "task": {"index": 0}}'])
def test_workers_want_to_know_of_each_other(monkeypatch, value):
    if value is None:
        monkeypatch.delenv("TF_CONFIG", raising=False)
    else:
        monkeypatch.setenv("TF_CONFIG", value)
    with pytest.raises(UserError, match="wants TF_CONFIG in the environment"):
        devices.start("multiworker")
