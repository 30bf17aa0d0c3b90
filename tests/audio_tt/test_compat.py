import io

import gin
import keras
import numpy as np
import pytest

from audio_tt import compat


@gin.configurable("compat_probe", module="compat_tests")
def probe(size=1, names=()):
    return size, names


@pytest.fixture(autouse=True)
def fresh():
    yield
    gin.clear_config()


def test_configurables():
    names = compat.gin_configurables()
    assert "compat_tests.compat_probe" in names
    assert not any(name.startswith("gin.") for name in names)


def test_bindings_are_the_table_itself():
    gin.bind_parameter("compat_probe.size", 3)
    (values,) = [
        values
        for (_, selector), values in compat.gin_bindings().items()
        if selector == "compat_tests.compat_probe"
    ]
    assert values == {"size": 3}
    values["size"] = 4
    assert probe()[0] == 4


def test_unknown_names_are_told_from_known_ones_and_from_calls():
    text = "compat_probe.names = [@compat_probe, @NobodyKnows, @NobodyKnows()]"
    gin.parse_config(io.StringIO(text), skip_unknown=["NobodyKnows"])
    values = gin.query_parameter("compat_probe.names")
    assert [compat.is_unknown_gin_name(value) for value in values] == [False, True, False]


def test_lines_of_statements():
    text = "# a comment\na.b = 1\n\nc.d = [\n  1,\n  2,\n]\ne.f = 3\n"
    assert compat.gin_statement_lines(text) == [2, 4, 8]


def test_own_variables_and_sublayers():
    class Outer(keras.layers.Layer):
        def build(self, shape):
            self.scale = self.add_weight(name="scale", shape=(), trainable=True)
            self.count = self.add_weight(name="count", shape=(), trainable=False)
            self.inner = keras.layers.Dense(2)
            self.inner.build(shape)

    layer = Outer()
    layer.build((1, 3))
    layer.trainable = False
    assert compat.own_variables(layer) == ([layer.scale], [layer.count])
    assert compat.sublayers(layer) == [layer.inner]


def test_moments_of_adam():
    first, second = keras.Variable([0.0, 0.0]), keras.Variable([[1.0]])
    optimizer = keras.optimizers.Adam(0.1, beta_1=0.9, beta_2=0.999)
    optimizer.build([first, second])
    optimizer.apply([np.float32([1.0, 2.0]), np.float32([[3.0]])], [first, second])
    momentum, velocity = compat.adam_moments(optimizer, first)
    np.testing.assert_allclose(momentum.value, [0.1, 0.2], rtol=1e-5)
    np.testing.assert_allclose(velocity.value, [0.001, 0.004], rtol=1e-4)
    assert tuple(compat.adam_moments(optimizer, second)[0].shape) == (1, 1)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="on TensorFlow alone")
def test_gradients_are_clipped_after_they_are_summed():
    kind = compat.clipped_after_summing(keras.optimizers.SGD)
    variable, gradient = keras.Variable([0.0, 0.0]), keras.ops.convert_to_tensor([3.0, 4.0])
    optimizer = kind(1.0, global_clipnorm=1.0)
    assert optimizer._clip_gradients([gradient])[0] is gradient
    ((clipped, same),) = optimizer._all_reduce_sum_gradients([(gradient, variable)])
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)
    assert same is variable
    optimizer.apply([gradient], [variable])
    np.testing.assert_allclose(variable.value, [-0.6, -0.8], rtol=1e-6)
