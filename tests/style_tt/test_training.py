"""The steps, against figures of the original and on their own."""

import gin
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from style_tt import configurables
from style_tt.models.extraction import Extractor
from style_tt.models.networks import random_network
from style_tt.training.objective import Objective
from style_tt.training.optimisation import Optimisation, Progress, optimise
from style_tt.training.optimisers import AdamSteps, LbfgsSteps
from style_tt.training.statistics import StyleStatistics

RNG = np.random.default_rng(0)


def array(tensor):
    return ops.convert_to_numpy(tensor)


assert configurables  # gin files name what is in them


def objective_of(extractor, style):
    statistics = StyleStatistics(extractor)
    statistics.add(style)
    return Objective(extractor, statistics)


@pytest.fixture
def published():
    settings.parse_gin(["style/published.gin"])
    yield
    gin.clear_config()


def test_the_steps_of_the_original(golden, published):
    network = random_network(129, filters=(64,))
    weight = golden["conv_weight"].astype(np.float32).transpose(2, 1, 0)
    network.set_weights([weight, golden["conv_bias"].astype(np.float32)])
    content, style = (golden[role].T[None].astype(np.float32) for role in ("content", "style"))
    objective = objective_of(Extractor(129, network=network), style)
    limits = Optimisation()
    stepper, constants = limits.steps_on(objective), objective.constants(content)
    state, losses = stepper.start(content), []
    for i in range(int(golden["updates"])):
        state, value = stepper.step(state, constants)
        losses.append(float(value))
        if i == 0:
            gradient = array(state.mean)[0].T / 0.1
            peak = np.abs(golden["grad0"]).max()
            np.testing.assert_allclose(gradient, golden["grad0"], atol=1e-4 * peak)
            after = array(state.levels)[0].T
            np.testing.assert_allclose(after, golden["after_step1"], atol=6e-4, rtol=5e-4)
    assert float(state.updates) == golden["updates"]
    np.testing.assert_allclose(np.take(losses, golden["loss_step"]), golden["loss"], rtol=1e-3)
    final = array(limits.clamp(state.levels))[0].T
    assert np.abs(final - golden["final"]).mean() < 1e-3


def test_values_are_clamped_before_a_step():
    content = np.array([[[-1.0, 0.5, 3.0, 0.0, 1.0]] * 6], np.float32)
    limits = Optimisation(lowest=0.0, highest=2.0)
    stepper = AdamSteps(lambda x, _: ops.sum(x * x), limits)
    state, loss = stepper.step(stepper.start(content), {})
    clamped = np.clip(content, 0.0, 2.0)
    assert float(loss) == pytest.approx(np.sum(clamped**2))
    moved = array(state.levels) - clamped
    assert 0.0299 < np.abs(moved).max() < 0.0301


@pytest.mark.parametrize("lowest", [None, 0.0])
def test_lbfgs_finds_the_minimum(lowest):
    scales = np.geomspace(1.0, 300.0, 30).astype(np.float32).reshape(1, 6, 5)
    target = RNG.normal(size=(1, 6, 5)).astype(np.float32)
    limits = Optimisation(method="lbfgs", lowest=lowest, steps=80)
    stepper = LbfgsSteps(lambda x, c: ops.sum(c * (x - target) ** 2), limits)
    losses = []
    progress = Progress(state=stepper.start(np.ones((1, 6, 5), np.float32)))
    progress.report = lambda: losses.append(progress.loss)
    levels = optimise(limits, stepper, ops.convert_to_tensor(scales), progress)
    assert all(np.diff(losses) <= 0) and len(losses) == progress.step <= 80
    wanted = target if lowest is None else np.maximum(target, 0.0)
    np.testing.assert_allclose(levels, wanted, atol=5e-3)


def test_lbfgs_stays_where_nothing_is_better():
    limits = Optimisation(method="lbfgs")
    stepper = LbfgsSteps(lambda x, _: ops.sum(x * x), limits)
    progress = Progress(state=stepper.start(np.zeros((1, 2, 3), np.float32)))
    assert not np.any(optimise(limits, stepper, {}, progress)) and progress.step <= 1


@pytest.mark.parametrize("method", ["adam", "lbfgs"])
def test_the_loss_falls(small, method):
    small("ContentLoss.weight", 0.0)
    style, content = RNG.uniform(size=(2, 1, 40, 9)).astype(np.float32)
    objective = objective_of(Extractor(9), 2.0 * style)
    limits = Optimisation(method=method, steps=30)
    stepper, constants = limits.steps_on(objective), objective.constants(content)
    before = float(objective.value(ops.convert_to_tensor(content), constants))
    progress = Progress(state=stepper.start(content))
    levels = optimise(limits, stepper, constants, progress)
    assert levels.shape == content.shape and levels.min() >= 0.0
    after = float(objective.value(ops.convert_to_tensor(levels), constants))
    assert progress.step == 30 and after < 0.2 * before


def test_it_ends_when_nothing_is_won():
    limits = Optimisation(steps=100, patience=7)
    stepper = AdamSteps(lambda x, _: ops.sum(0.0 * x) + 1.0, limits)
    progress = Progress(state=stepper.start(np.zeros((1, 2, 3), np.float32)))
    optimise(limits, stepper, {}, progress)
    assert progress.step == 8


def test_starts():
    content = RNG.uniform(size=(1, 50, 20)).astype(np.float32)
    np.testing.assert_array_equal(Optimisation().first(content), content)
    noise = Optimisation(start="noise").first(content, 3)
    assert noise.min() >= 0.0 and noise.shape == content.shape
    assert np.sqrt(np.mean(noise**2)) == pytest.approx(np.sqrt(np.mean(content**2)), rel=0.05)
    np.testing.assert_array_equal(noise, Optimisation(start="noise").first(content, 3))
    assert np.any(noise != Optimisation(start="noise").first(content, 4))
    for name in ("method", "start"):
        with pytest.raises(UserError, match=name):
            Optimisation(**{name: "other"})


def test_the_seed_decides_the_network():
    one, same, other = (
        random_network(9, filters=(16,), seed=seed).get_weights() for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one[0], same[0])
    assert np.abs(one[0] - other[0]).max() > 0.01
    limit = (9 * 3) ** -0.5
    assert 0.9 * limit < np.abs(one[0]).max() <= limit
    assert 0.5 * limit < np.abs(one[1]).max() <= limit


def test_networks_of_every_shape():
    levels = keras.KerasTensor((2, 16, 9))

    def shapes(**settings):
        with keras.StatelessScope(initialize_variables=False):
            spec = random_network(9, **settings).compute_output_spec(levels)
        return [x.shape for x in (spec if isinstance(spec, list) else [spec])]

    two = {"filters": (8, 12), "widths": (3, 5)}
    assert shapes(**two, activation="relu", pool=2) == [(2, 8, 8), (2, 4, 12)]
    assert shapes(**two, parallel=True, stride=2) == [(2, 8, 8), (2, 8, 12)]
    image = {"filters": (4,), "widths": (3,), "dimensions": 2, "padding": "valid"}
    assert shapes(**image) == [(2, 14 * 7, 4)]
    normal = random_network(9, filters=(4000,), widths=(11,), distribution="normal")
    kernel, bias = normal.get_weights()
    assert np.std(kernel) == pytest.approx(2.0 / np.sqrt(4009 * 11), rel=0.02) and not np.any(bias)
    for wrong in ({"widths": (3, 3)}, {"dimensions": 3}, {"distribution": "other"}):
        with pytest.raises(UserError, match="random_network"):
            random_network(9, filters=(4,), **{"widths": (3,), **wrong})
