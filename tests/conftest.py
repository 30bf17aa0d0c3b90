"""What the tests of several packages share."""

import functools
import logging as python_logging
import sys

import gin
import numpy as np
import pytest
from absl import logging

PITCHES = (60, 64, 67, 72, 71, 67, 65, 62, 55, 59, 62, 69)  # MIDI numbers
TIMBRES = {  # harmonic roll-off, decay in 1/s, depth of the vibrato
    "plucked": (1.6, 5.0, 0.0),
    "bowed": (0.9, 0.6, 0.006),
}


def pytest_addoption(parser):
    parser.addoption("--graphs", action="store_true", help="train in graphs in every test")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Lets every test and its fixtures begin alike, whatever ran before in this process.

    With TensorFlow a few steps are trained without a graph, which takes longer to trace than they
    do; tests marked "graph" train as users do.
    """
    gin.clear_config()
    if "tensorflow" in sys.modules and "keras" in sys.modules:
        graphs = item.config.getoption("graphs") or item.get_closest_marker("graph")
        sys.modules["keras"].Model.compile = _ways_to_compile()[bool(graphs)]
    python_logging.getLogger().setLevel(python_logging.WARNING)
    logging.set_verbosity(logging.WARNING)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy("float32")


@functools.cache
def _ways_to_compile():
    whole = sys.modules["keras"].Model.compile

    def without_graph(model, *arguments, **options):
        return whole(model, *arguments, **{"run_eagerly": True, **options})

    return {True: whole, False: without_graph}


@pytest.fixture(autouse=True)
def unlocked_settings():
    """Lets a test import modules with settings, whatever was parsed before in this process."""
    with gin.unlock_config():
        yield


@pytest.fixture(scope="session")
def melody():
    """The sound that the original systems were measured on: float32 [samples], peak 0.8."""

    def make(timbre, sample_rate, seconds, note_seconds=0.5):
        roll_off, decay, vibrato = TIMBRES[timbre]
        audio = np.zeros(round(sample_rate * seconds))
        for i, pitch in enumerate(PITCHES):
            start = round(i * note_seconds * sample_rate)
            f0_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
            t = np.arange(min(len(audio) - start, int(note_seconds * sample_rate))) / sample_rate
            if not len(t):
                break
            wobble = vibrato / (2 * np.pi * 5.5) * (np.cos(2 * np.pi * 5.5 * t) - 1)
            phase = 2 * np.pi * f0_hz * (t - wobble)
            envelope = np.minimum(t / 0.02, 1) * np.exp(-decay * t)
            envelope = envelope * np.minimum((t[-1] - t) / 0.03 + 1e-9, 1)
            for k in range(1, 13):
                if k * f0_hz * (1 + vibrato) < 0.45 * sample_rate:
                    audio[start : start + len(t)] += k**-roll_off * envelope * np.sin(k * phase)
        return (0.8 * audio / np.abs(audio).max()).astype(np.float32)

    return make
