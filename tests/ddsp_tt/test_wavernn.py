"""The WaveRNN baseline: values, likelihood, and playing sample by sample."""

import keras
import numpy as np
import pytest

from audio_tt import settings
from ddsp_tt.configurables import loop, models
from ddsp_tt.models import mu_law, wavernn_samples
from ddsp_tt.trained import loading


@pytest.fixture(scope="module")
def model():
    settings.parse_gin(("ddsp/wavernn.gin",))
    settings.bind("WaveRnn.rnn_channels", 16)
    settings.bind("WaveRnn.ch", 8)
    keras.utils.set_random_seed(0)
    return loading.build(models.get_model())


def inputs(n_frames):
    return {
        "f0_hz": np.linspace(200.0, 900.0, n_frames).astype("float32"),
        "loudness_db": np.linspace(-60.0, -10.0, n_frames).astype("float32"),
    }


def test_mu_law_there_and_back():
    audio = np.concatenate([[0.0, 1.0, -1.0, 3.0], np.geomspace(1e-3, 1.0, 50)]).astype("float32")
    classes = keras.ops.convert_to_numpy(mu_law.mu_law_classes(audio))
    assert list(classes[:4]) == [128, 255, 1, 255]
    back = mu_law.from_mu_law(classes)
    assert back[0] == 0.0
    np.testing.assert_allclose(back[4:], audio[4:], rtol=0.25)
    np.testing.assert_array_equal(mu_law.from_mu_law([0, 1]), [-1.0, -1.0])


def test_pitch_between_two_semitones_is_shared_by_them(model):
    def condition(midi):
        f0_hz = np.full((1, 4), 440.0 * 2.0 ** ((midi - 69.0) / 12.0), "float32")
        features = model.preprocessor({"f0_hz": f0_hz, "loudness_db": np.zeros((1, 4), "float32")})
        return keras.ops.convert_to_numpy(model.notes(features))[0, 0]

    np.testing.assert_allclose(condition(60.25)[59:63], [0.0, 0.75, 0.25, 0.0], atol=1e-4)
    assert condition(60.25).sum() == pytest.approx(1.0, abs=1e-4)


def test_playing_draws_from_what_training_calls_likely(model):
    """What was drawn, given back as the past, has the distribution it was drawn from."""
    features = inputs(20)
    audio = np.concatenate(list(wavernn_samples.generate(model, features, seed=5)))
    batch = {key: x[None] for key, x in features.items()} | {"audio": audio[None]}
    outputs = model(batch)
    classes = keras.ops.convert_to_numpy(outputs["classes"])[0]
    logits = outputs["logits"] / model.temperature
    probability = keras.ops.convert_to_numpy(keras.ops.softmax(logits))[0]
    # The same uniform numbers, through the distributions of the parallel pass.
    uniform = np.random.default_rng(5).random(wavernn_samples.BLOCK_FRAMES * 64, "float32")[:1280]
    expected = (np.cumsum(probability, axis=-1) <= uniform[:, None]).sum(axis=-1)
    assert np.mean(np.maximum(expected, 1) == classes) > 0.99


def test_blocks_carry_their_state(model, monkeypatch):
    whole = np.concatenate(list(wavernn_samples.generate(model, inputs(30), seed=1)))
    monkeypatch.setattr(wavernn_samples, "BLOCK_FRAMES", 8)
    blocks = list(wavernn_samples.generate(model, inputs(30), seed=1))
    assert [len(block) for block in blocks] == [512, 512, 512, 384]
    assert np.mean(np.concatenate(blocks) == whole) > 0.99


def test_the_likelihood_rises_and_the_run_is_a_model_that_plays(model, melody):
    batch = {key: x[None] for key, x in inputs(40).items()} | {"audio": melody[None, 4000:6560]}
    model.compile(loop.Trainer(learning_rate=1e-2).optimizer)
    losses = [float(model.train_on_batch(batch)) for _ in range(8)]
    assert losses[0] == pytest.approx(np.log(256), abs=0.3)
    assert losses[-1] < losses[0] - 0.3
    played = np.concatenate(list(model.render(inputs(10), seed=2)))
    assert played.shape == (640,) and np.abs(played).max() <= 1.0
