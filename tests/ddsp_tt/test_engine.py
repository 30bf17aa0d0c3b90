"""The numpy engine plays what the Keras model plays, and needs no framework for it."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import loudness
from audio_tt.errors import UserError
from ddsp_tt.synthesis import core, shared
from ddsp_tt.trained import catalogue, instruments, loading

FRAMES = 270  # more than one block


@pytest.fixture(scope="module")
def features():
    """A tone that slides over several octaves, and swells."""
    time = np.arange(FRAMES) / 250
    return {
        "f0_hz": (300 * 2 ** (1.5 * np.sin(3 * time))).astype("float32"),
        "loudness_db": (-30 + 15 * np.sin(5 * time)).astype("float32"),
    }


@pytest.fixture(scope="module", params=["flute", "flute_48k"])
def pair(request):
    """An instrument as the engine reads it from its files, and the Keras model."""
    return instruments.read(request.param), loading.load(request.param)


def test_controls_are_those_of_the_keras_model(pair, features):
    engine, trained = pair
    decode, _ = engine.start()
    f0_hz, level_db = (features[key][:, None] for key in ("f0_hz", "loudness_db"))
    controls = decode(engine.scale(f0_hz, level_db))
    model = trained.model
    batch = model.preprocessor.scale({key: x[None, :, None] for key, x in features.items()})
    expected, _ = model.decoder.decode(batch)
    assert set(controls) == set(expected)
    for name, x in expected.items():
        np.testing.assert_allclose(controls[name], ops.convert_to_numpy(x)[0], atol=1e-4)


def test_audio_is_that_of_the_keras_model(pair, features):
    engine, trained = pair
    blocks = list(engine.render(features, seed=3))
    assert len(blocks) > 2
    audio = np.concatenate(blocks)
    expected = np.concatenate(list(trained.render(features, seed=3)))
    assert audio.dtype == np.float32
    assert audio.shape == expected.shape == (FRAMES * engine.rates.hop_length,)
    assert np.abs(expected).max() > 0.01
    np.testing.assert_allclose(audio, expected, atol=1e-4)


def test_the_files_and_the_model_in_memory_say_the_same(pair, features):
    engine, trained = pair
    described = trained.as_engine()
    assert engine.analysis == trained.analysis == described.analysis
    assert engine.name == trained.name
    for one, other in zip(engine.render(features), described.render(features), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", catalogue.instruments())
def test_each_included_instrument_plays_without_keras(name):
    assert instruments.read(name) is not None


def test_an_instrument_plays_without_loading_a_framework():
    program = """
import sys
import numpy as np
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import instruments
tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(4000) / 16000).astype("float32")
assert np.abs(DdspPlayer(instruments.load("flute")).render(tone, 16000)).max() > 0.01
frameworks = {"keras", "tensorflow", "jax", "torch", "librosa", "scipy", "matplotlib"}
loaded = frameworks & set(sys.modules)
assert not loaded, loaded
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.fixture
def folder(tmp_path):
    """A copy of an instrument, to be changed."""
    return shutil.copytree(catalogue.folder("flute"), tmp_path / "mine")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Autoencoder.encoder = None", "Autoencoder.encoder = @encoders.CrepeEncoder()"),
        ("@synths.FilteredNoise()", "@synths.Sinusoidal()"),
        ("Harmonic.scale_fn = @core.exp_sigmoid", "Harmonic.scale_fn = @core.sym_exp_sigmoid"),
        ("RnnFcDecoder.rnn_type = 'gru'", "RnnFcDecoder.rnn_type = 'lstm'"),
        ("RnnFcDecoder.layers_per_stack = 3", "RnnFcDecoder.layers_per_stack = 4"),
        ("Harmonic.frame_rate = 250", "Harmonic.frame_rate = 125"),
        ("get_model.model = @models.Autoencoder()", "get_model.model = @models.WaveRnn()"),
        ("n_samples = None", "include 'ddsp/published.gin'"),
    ],
)
def test_what_is_not_known_is_left_to_keras(folder, before, after):
    assert instruments.read(folder) is not None
    text = (folder / "operative_config.gin").read_text()
    assert before in text
    (folder / "operative_config.gin").write_text(text.replace(before, after))
    assert instruments.read(folder) is None


def test_damaged_files_are_left_to_the_one_who_says_what_is_wrong(folder):
    (folder / "model.h5").write_bytes(b"no weights")
    assert instruments.read(folder) is None
    with pytest.raises(UserError, match="no such folder"):
        instruments.read(folder / "nothing")


def test_scopes_are_left_to_keras(folder):
    gin = folder / "operative_config.gin"
    gin.write_text(gin.read_text() + "a/exp_sigmoid.exponent = 3.0\n")
    assert instruments.read(folder) is None


def test_numpy_has_the_formulas_of_keras():
    x = np.linspace(-12, 12, 101).astype("float32")
    settings = {"exponent": 7.0, "max_value": 3.0, "threshold": 1e-3}
    for given in ({}, settings):
        expected = ops.convert_to_numpy(core.exp_sigmoid(x, **given))
        np.testing.assert_allclose(shared.exp_sigmoid(x, **given), expected, rtol=1e-5)
    noise = np.random.default_rng(0).standard_normal(6000).astype("float32")
    frames = {
        n: np.lib.stride_tricks.sliding_window_view(noise, n)[::64] for n in (512, 1024, 2048)
    }
    valid = {"padding": "valid"}
    for found, expected in (
        (loudness.loudness_of_frames(frames[512]), loudness.compute_loudness(noise, **valid)),
        (
            loudness.mean_log_loudness_of_frames(frames[2048]),
            loudness.compute_mean_log_loudness(noise, **valid),
        ),
        (
            loudness.power_of_frames(frames[1024]),
            loudness.compute_power(noise, frame_size=1024, **valid),
        ),
    ):
        np.testing.assert_allclose(found, ops.convert_to_numpy(expected), atol=1e-3)
