import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from pix2pix_tt.configurables import features, finder, slice_pairs, trainer


def losses(rates, noise=0.0):
    """Falls by 4 around 1e-4, goes on falling by 1 up to 1e-2, then explodes and comes back."""
    decades = np.log10(rates)
    values = 6.0 - 4.0 / (1.0 + np.exp(-6.0 * (decades + 4.0)))
    values -= np.clip(decades + 4.0, 0.0, 2.0) / 2.0
    values += 30.0 * np.exp(-0.5 * ((decades + 0.8) / 0.2) ** 2)
    return values + noise * np.random.default_rng(0).standard_normal(len(rates))


@pytest.mark.parametrize("count", [60, 400])
@pytest.mark.parametrize("noise", [0.0, 0.2])
def test_the_steepest_place_not_the_lowest(count, noise):
    rates = np.geomspace(1e-9, 1.0, count)
    values = losses(rates, noise)
    assert 4e-5 < finder.steepest(rates, values) < 2.5e-4
    assert 3e-3 < rates[np.argmin(losses(rates))] < 2e-2


def test_a_loss_that_never_falls_suggests_nothing():
    rates = np.geomspace(1e-9, 1.0, 50)
    assert finder.steepest(rates, np.linspace(1.0, 2.0, 50)) is None


def test_smoothing_does_not_shift():
    rates = np.geomspace(1e-6, 1.0, 121)
    values = np.zeros(121)
    values[60] = 1.0
    curve = finder.smoothed(rates, values)
    assert np.argmax(curve) == 60
    np.testing.assert_allclose(curve[30:91], curve[30:91][::-1], rtol=1e-6)
    np.testing.assert_allclose(finder.smoothed(rates, np.ones(121)), 1.0)


@pytest.fixture(scope="module")
def learner_and_pairs(tiny_gin, features_path):
    settings.parse_gin((tiny_gin,))
    keras.utils.set_random_seed(0)
    spectrogram = features.SliceSpectrogram()
    shape = (spectrogram.n_bins, spectrogram.slice_frames)
    return trainer.Trainer(), slice_pairs.SlicePairs(features_path, "piano", ["guitar"], shape)


def test_three_passes_from_the_same_weights(learner_and_pairs, tmp_path, monkeypatch):
    learner, pairs = learner_and_pairs
    before = [np.array(variable) for variable in learner.state]
    started, asked = [], []
    take = learner.step

    def step(batch, *rates):
        if not asked or max(rates) < max(asked[-1]):
            started.append([np.array(v) for v in learner.variables])
        asked.append(rates)
        return take(batch, *rates)

    monkeypatch.setattr(learner, "step", step)
    plot, plotted = finder._plot, []

    def plot_one(path, *arguments):  # the others would only take time
        plotted.append(path.name)
        if len(plotted) == 1:
            plot(path, *arguments)

    monkeypatch.setattr(finder, "_plot", plot_one)
    found = finder.find_learning_rates(learner, pairs, tmp_path, lowest=1e-6, num_steps=20)
    assert len(started) == 3
    for weights in started:
        for a, b in zip(weights, before, strict=False):
            np.testing.assert_array_equal(a, b)
    for a, b in zip(learner.state, before, strict=True):
        np.testing.assert_array_equal(np.array(a), b)
    learning = {tuple(rate > 0 for rate in rates) for rates in asked}
    assert learning == {(True, False), (False, True), (True, True)}
    ratios = np.array([max(rates) for rates in asked[:10]])
    np.testing.assert_allclose(ratios[1:] / ratios[:-1], 1e6 ** (1 / 19), rtol=1e-6)
    assert set(found) == {
        *(("generator", "gen_mae"), ("generator", "gen_loss"), ("discriminator", "disc_loss")),
        *(("both", "gen_mae"), ("both", "gen_loss"), ("both", "disc_loss")),
    }
    assert all(rate is None or 1e-6 <= rate <= 1.0 for rate in found.values())
    assert plotted == [f"LRFinder_{loss}.png" for loss in ("gen_mae", "gen_loss", "disc_loss")]
    names = {path.name for path in tmp_path.iterdir() if path.name != ".lock"}
    assert names == {"finder.csv", "LRFinder_gen_mae.png"}
    rows = (tmp_path / "finder.csv").read_text("utf-8").splitlines()
    assert rows[0] == "pass,learning_rate,gen_mae,gen_loss,disc_loss"
    assert rows[1].startswith("generator,1.0000e-06,")


@pytest.mark.parametrize("bad", [500.0, np.nan])
def test_a_pass_ends_when_the_loss_explodes(learner_and_pairs, tmp_path, monkeypatch, bad):
    learner, pairs = learner_and_pairs
    taken = []

    def step(batch, *rates):
        taken.append(rates)
        value = bad if rates[0] > 1e-3 else 4.0 - np.log10(max(rates)) * 0.01
        return np.array([0.1, value, 1.0])

    monkeypatch.setattr(learner, "step", step)
    monkeypatch.setattr(finder, "_plot", lambda *arguments: None)
    finder.find_learning_rates(learner, pairs, tmp_path, lowest=1e-6, num_steps=60)
    reached = [rates[0] for rates in taken if rates[0] > 0]
    assert max(reached) < 2e-3
    table = np.genfromtxt(tmp_path / "finder.csv", delimiter=",", skip_header=1)
    assert np.isfinite(table[:, 1:]).all()


def test_too_few_batches(learner_and_pairs, tmp_path):
    learner, pairs = learner_and_pairs
    with pytest.raises(UserError, match="3 batches are too few .*num_steps=200"):
        finder.find_learning_rates(learner, pairs, tmp_path)
