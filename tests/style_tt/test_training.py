"""Network, loss and steps, against figures of the original."""

import gin
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from style_tt.features import LogSpectrogram
from style_tt.losses import GramLoss, gram
from style_tt.model import random_convolution
from style_tt.training import Optimisation, start


def features(model, spectrogram):
    return model(np.asarray(spectrogram, np.float32)[None])[0]


def array(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module")
def measured(golden):
    """The measured network."""
    model = random_convolution(n_bins=129, filters=64)
    weight = golden["conv_weight"].astype(np.float32).transpose(2, 1, 0)
    model.set_weights([weight, golden["conv_bias"].astype(np.float32)])
    return model


@pytest.fixture(scope="module")
def loss(measured, golden):
    return GramLoss(features(measured, golden["style"].T))


def test_gram_of_the_style(measured, golden):
    found = array(gram(features(measured, golden["style"].T)))
    np.testing.assert_allclose(found, golden["gram_style_unweighted"], rtol=1e-4, atol=1e-7)


def test_the_steps_of_the_original(measured, loss, golden):
    optimisation = Optimisation(measured, loss)
    state = start(golden["content"].T.astype(np.float32))
    losses = []
    for i in range(int(golden["updates"])):
        state, value = optimisation.step(state)
        losses.append(float(value))
        if i == 0:
            gradient = array(state.mean).T / 0.1
            peak = np.abs(golden["grad0"]).max()
            np.testing.assert_allclose(gradient, golden["grad0"], atol=1e-4 * peak)
            after = array(state.spectrogram).T
            np.testing.assert_allclose(after, golden["after_step1"], atol=6e-4, rtol=5e-4)
    assert float(state.updates) == golden["updates"]
    np.testing.assert_allclose(np.take(losses, golden["loss_step"]), golden["loss"], rtol=1e-3)
    final = array(optimisation.clamp(state.spectrogram)).T
    assert np.abs(final - golden["final"]).mean() < 1e-3


@pytest.mark.parametrize("content_frames", [12, 20, 60])
def test_both_ways_to_the_loss_agree(content_frames):
    rng = np.random.default_rng(0)
    style = rng.normal(size=(20, 64)).astype(np.float32)
    content = rng.normal(size=(content_frames, 64)).astype(np.float32)
    by_frames = GramLoss(style)
    assert by_frames._has_few_frames
    difference = content.T @ content / content_frames - style.T @ style / 20
    wanted = 2500.0**2 * np.mean((difference / 64) ** 2)
    assert float(by_frames(content)) == pytest.approx(wanted, rel=1e-4)
    repeated = np.tile(style, (2, 1))  # the same Gram matrix from more frames
    by_gram = GramLoss(repeated)
    assert not by_gram._has_few_frames
    assert float(by_gram(content)) == pytest.approx(wanted, rel=1e-4)


def test_few_frames_give_the_same_gradient():
    rng = np.random.default_rng(0)
    model = random_convolution(n_bins=17, filters=128)
    style, content = rng.uniform(size=(2, 30, 17)).astype(np.float32)
    losses = [GramLoss(features(model, style)), GramLoss(np.tile(features(model, style), (3, 1)))]
    assert [loss._has_few_frames for loss in losses] == [True, False]
    states = [Optimisation(model, loss).step(start(content)) for loss in losses]
    (few, few_loss), (many, many_loss) = states
    assert float(few_loss) == pytest.approx(float(many_loss), rel=1e-3)
    peak = np.abs(array(many.mean)).max()
    np.testing.assert_allclose(array(few.mean), array(many.mean), atol=1e-4 * peak)


def test_the_weight_enters_squared():
    rng = np.random.default_rng(0)
    style, content = rng.normal(size=(2, 40, 8)).astype(np.float32)
    light, heavy = GramLoss(style, 1.0)(content), GramLoss(style, 10.0)(content)
    assert float(heavy) == pytest.approx(100 * float(light), rel=1e-5)
    assert float(GramLoss(style)(style)) == pytest.approx(0.0, abs=1e-6)


def test_values_are_clamped_before_a_step():
    model = random_convolution(n_bins=5, filters=4)
    content = np.array([[-1.0, 0.5, 3.0, 0.0, 1.0]] * 6, np.float32)
    optimisation = Optimisation(model, GramLoss(features(model, content)), lowest=0.0, highest=2.0)
    state, _ = optimisation.step(start(content))
    moved = array(state.spectrogram) - np.clip(content, 0.0, 2.0)
    assert 0.02 < np.abs(moved).max() < 0.0301


def test_the_seed_decides_the_network():
    one, same, other = (random_convolution(9, 16, seed=seed).get_weights() for seed in (0, 0, 1))
    np.testing.assert_array_equal(one[0], same[0])
    assert np.abs(one[0] - other[0]).max() > 0.01
    limit = (9 * 3) ** -0.5
    assert 0.9 * limit < np.abs(one[0]).max() <= limit
    assert 0.5 * limit < np.abs(one[1]).max() <= limit


def test_published_settings(measured):
    settings.parse_gin(["style/published.gin"])
    try:
        spectrogram = LogSpectrogram()
        assert spectrogram == LogSpectrogram(22050, 2048, 512, 500, 0.0)
        with keras.StatelessScope(initialize_variables=False):
            model = random_convolution()
        kernel, bias = model.weights
        assert (kernel.shape, bias.shape) == ((3, 1025, 4096), (4096,))
        assert not model.trainable_variables
        silence = np.zeros((4, 129), np.float32)
        loss = GramLoss(features(measured, silence))
        Optimisation(measured, loss).step(start(silence))
        operative = settings.operative_gin()
        assert "GramLoss.weight = 2500.0" in operative
        assert "Optimisation.learning_rate = 0.03" in operative
    finally:
        keras.utils.clear_session()
        gin.clear_config()
