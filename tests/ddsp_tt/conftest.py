"""Small models and recordings that the tests of this package share."""

import numpy as np
import pytest

SMALL = """
include 'ddsp/small.gin'
n_harmonics = 12
SpectralLoss.fft_sizes = (512, 64)
RnnFcDecoder.rnn_channels = 8
RnnFcDecoder.ch = 8
RnnFcDecoder.layers_per_stack = 1
train.num_steps = 4
train.batch_size = 2
train.crop_seconds = 0.5
train.steps_per_summary = 2
train.steps_per_save = 2
"""


@pytest.fixture(scope="session")
def small_gin(tmp_path_factory):
    """A gin file of a model that trains in seconds."""
    path = tmp_path_factory.mktemp("gin") / "tiny.gin"
    path.write_text(SMALL)
    return path


@pytest.fixture(scope="session")
def melody():
    """Three harmonic tones with vibrato and a rest between: float32 [3 s] at 16 kHz."""
    rate = 16000
    tones = []
    for hz in (440.0, 523.25, 392.0):
        t = np.arange(int(0.9 * rate)) / rate
        phase = 2.0 * np.pi * (hz * t + 3.0 / (2 * np.pi) * np.sin(2 * np.pi * 5.0 * t))
        envelope = np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.05)
        tones += [0.3 * envelope * sum(np.sin(k * phase) / k for k in range(1, 8))]
        tones += [np.zeros(int(0.1 * rate))]
    return np.concatenate(tones).astype("float32")
