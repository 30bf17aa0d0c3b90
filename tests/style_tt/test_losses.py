"""Features, Gram matrices and losses: figures of the original, and every short way to them."""

import numpy as np
import pytest
from keras import ops

from style_tt.losses import ContentLoss, EnvelopeLoss, GramLoss, envelopes
from style_tt.models import networks
from style_tt.models.extraction import Extractor
from style_tt.models.networks import random_network
from style_tt.training.optimisers import value_and_gradient
from style_tt.training.statistics import Moments, StyleStatistics

RNG = np.random.default_rng(0)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def plain_loss(content, style, weight, metric=None):
    """The definition: both matrices whole, in float64. `[frames, features]`."""
    root = np.eye(content.shape[1]) if metric is None else np.linalg.cholesky(metric).astype(float)
    content, style = content.astype(float) @ root, style.astype(float) @ root
    difference = content.T @ content / len(content) - style.T @ style / len(style)
    return weight**2 * np.sum(difference**2)


def measured(extractor, loss, style, content, blocks=1):
    """(loss, gradient) of content levels `[1, frames, bins]`."""
    statistics = StyleStatistics(extractor)
    for part in np.array_split(style, blocks, axis=1):
        statistics.add(part)
    network = extractor.constants()
    (features,) = extractor(ops.convert_to_tensor(content), network)
    (metric,) = extractor.metrics(network)
    constants = loss.constants(
        statistics.moments[0], metric, extractor.filters[0], features.shape[0]
    )

    def value(levels):
        (features,) = extractor(levels, network)
        return loss(features, constants, metric, 1.0)

    found, gradient = value_and_gradient(value)(ops.convert_to_tensor(content))
    return float(found), array(gradient), constants


def test_gram_of_the_style(golden):
    network = random_network(129, filters=(64,))
    network.set_weights([x.astype(np.float32) for x in weights_of(golden)])
    extractor = Extractor(129, network=network)
    statistics = StyleStatistics(extractor)
    statistics.add(golden["style"].T[None].astype(np.float32))
    found = array(statistics.moments[0].matrix) / 64
    np.testing.assert_allclose(found, golden["gram_style_unweighted"], rtol=1e-4, atol=1e-7)


def weights_of(golden):
    return golden["conv_weight"].transpose(2, 1, 0), golden["conv_bias"]


@pytest.mark.parametrize("style_frames", [12, 60])
@pytest.mark.parametrize("content_frames", [12, 20, 60])
def test_every_way_to_the_loss_agrees(content_frames, style_frames):
    style = RNG.normal(size=(style_frames, 32)).astype(np.float32)
    content = RNG.normal(size=(content_frames, 32)).astype(np.float32)
    root = RNG.normal(size=(32, 40)).astype(np.float32)
    for metric in (None, root @ root.T):
        moments = Moments(32)
        for part in np.array_split(style, 5):
            moments.add(ops.convert_to_tensor(part))
        given = None if metric is None else ops.convert_to_tensor(metric)
        loss = GramLoss(weight=3.0, relative=False)
        constants = loss.constants(moments, given, 40, content_frames)

        def value(features, loss=loss, constants=constants, given=given):
            return loss(features, constants, given, 1.0)

        found, gradient = value_and_gradient(value)(ops.convert_to_tensor(content))
        wanted = plain_loss(content, style, 3.0, metric) / 40**4
        assert float(found) == pytest.approx(wanted, rel=1e-3)
        direction = RNG.normal(size=content.shape)
        steps = [plain_loss(content + t * direction, style, 3.0, metric) for t in (1e-4, -1e-4)]
        slope = (steps[0] - steps[1]) / 2e-4 / 40**4
        assert np.sum(array(gradient) * direction) == pytest.approx(slope, rel=2e-3)


@pytest.mark.parametrize("frames", [30, 70])
def test_more_filters_than_inputs_are_not_needed(frames):
    """The metric of the patches gives loss and gradient of the network itself."""
    network = random_network(17, filters=(128,), widths=(3,), seed=5)
    wide = Extractor(17, network=network)
    plain = Extractor(17, network=network)
    plain._layer = None
    assert wide._layer is not None and set(plain.constants()) == {"weights"}
    style, content = RNG.uniform(size=(2, 1, frames, 17)).astype(np.float32)
    loss = GramLoss(weight=2500.0, relative=False)
    (short, short_gradient, _), (long, long_gradient, _) = (
        measured(extractor, loss, style, content) for extractor in (wide, plain)
    )
    assert short == pytest.approx(long, rel=1e-3)
    peak = np.abs(long_gradient).max()
    np.testing.assert_allclose(short_gradient, long_gradient, atol=1e-4 * peak)


def test_few_features_need_no_metric():
    assert Extractor(17, network=random_network(17, filters=(8,)))._layer is None
    activated = random_network(17, filters=(128,), activation="relu")
    assert Extractor(17, network=activated)._layer is None


def test_infinitely_many_filters_are_the_limit():
    style, content = RNG.uniform(size=(2, 1, 30, 17)).astype(np.float32)
    loss = GramLoss()
    limit, limit_gradient, _ = measured(Extractor(17, infinite_width=3), loss, style, content)
    distances = []
    for filters in (100, 30000):
        network = random_network(17, filters=(filters,), seed=1)
        value, gradient, _ = measured(Extractor(17, network=network), loss, style, content)
        difference = gradient / np.linalg.norm(gradient)
        difference -= limit_gradient / np.linalg.norm(limit_gradient)
        distances.append(np.linalg.norm(difference))
    assert value == pytest.approx(limit, rel=0.1)
    assert distances[1] < 0.1 < distances[0]


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("frames", [7, 8, 9])
def test_patches_are_what_a_convolution_sees(stride, padding, frames):
    network = random_network(5, filters=(6,), widths=(4,), stride=stride, padding=padding)
    levels = RNG.normal(size=(2, frames, 5)).astype(np.float32)
    kernel, bias = network.get_weights()
    seen = array(networks.patches(ops.convert_to_tensor(levels), 4, stride, padding))
    by_patches = seen @ np.concatenate([kernel.reshape(-1, 6), bias[None]])
    np.testing.assert_allclose(by_patches, array(network(levels)), atol=1e-5)


def test_moments_do_not_depend_on_blocks():
    features = RNG.normal(size=(50, 8)).astype(np.float32)
    for blocks in (1, 3, 50):
        moments = Moments(8)
        for part in np.array_split(features, blocks):
            moments.add(ops.convert_to_tensor(part))
        assert moments.count == 50 and moments.features is None
        np.testing.assert_allclose(array(moments.matrix), features.T @ features / 50, rtol=1e-4)


def test_a_relative_loss_is_1_for_nothing():
    extractor = Extractor(9, network=random_network(9, filters=(8,), use_bias=False))
    style = RNG.uniform(size=(1, 20, 9)).astype(np.float32)
    nothing = np.zeros((1, 20, 9), np.float32)
    assert measured(extractor, GramLoss(), style, nothing)[0] == pytest.approx(1.0, rel=1e-5)
    assert measured(extractor, GramLoss(), style, style)[0] == pytest.approx(0.0, abs=1e-5)
    heavy = measured(extractor, GramLoss(weight=10.0), style, nothing)[0]
    assert heavy == pytest.approx(100.0, rel=1e-5)


def test_the_style_s_share_scales_its_matrix():
    extractor = Extractor(9, network=random_network(9, filters=(8,), use_bias=False))
    levels = ops.convert_to_tensor(RNG.uniform(size=(1, 30, 9)).astype(np.float32))
    statistics = StyleStatistics(extractor)
    statistics.add(levels)
    loss = GramLoss()
    for positions in (30, 6):
        constants = loss.constants(statistics.moments[0], None, 8, positions)
        (features,) = extractor(0.5 * levels[:, :positions], extractor.constants())
        if positions == 30:
            assert float(loss(features, constants, None, 0.25)) == pytest.approx(0.0, abs=1e-5)
        assert float(loss(features, constants, None, 1.0)) > 0.1


def test_content_loss_is_relative():
    content = RNG.uniform(size=(1, 10, 4)).astype(np.float32)
    loss = ContentLoss(weight=2.0)
    assert float(loss(content, content)) == 0.0
    assert float(loss(0.0 * content, content)) == pytest.approx(2.0)
    metric = np.diag([1.0, 4.0, 0.0, 0.0]).astype(np.float32)
    moved = content + np.array([1.0, 1.0, 7.0, 7.0], np.float32)
    wanted = 2.0 * 10 * 5.0 / np.sum(np.square(content) @ np.diag(metric))
    assert float(loss(moved[0], content[0], metric)) == pytest.approx(wanted, rel=1e-4)


def test_envelopes():
    levels = RNG.uniform(1.0, 2.0, size=(2, 30, 5)).astype(np.float32)
    in_time, in_frequency = (array(x) for x in envelopes(levels))
    np.testing.assert_allclose(in_time, np.sqrt(np.mean(levels**2, axis=2)), rtol=1e-5)
    np.testing.assert_allclose(in_frequency, np.sqrt(np.mean(levels**2, axis=(0, 1))), rtol=1e-5)
    extractor = Extractor(5, infinite_width=1)
    statistics = StyleStatistics(extractor)
    for part in (levels[:, :7], levels[:, 7:]):
        statistics.add(part)
    np.testing.assert_allclose(statistics.spectrum, in_frequency, rtol=1e-5)
    loss = EnvelopeLoss(time_weight=2.0, frequency_weight=3.0)
    assert float(loss(levels, in_time, in_frequency)) == pytest.approx(0.0, abs=1e-9)
    assert float(loss(levels, 2.0 * in_time, in_frequency)) == pytest.approx(0.5, rel=1e-4)
    assert float(loss(levels, in_time, 2.0 * in_frequency)) == pytest.approx(0.75, rel=1e-4)
