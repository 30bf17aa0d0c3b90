import numpy as np
import pytest
from keras import layers, ops

from pix2pix_tt.fast.convolutions import Doubling, Halving


@pytest.mark.parametrize(
    "kind, usual, shape",
    [(Halving, layers.Conv2D, (2, 3, 2, 5)), (Doubling, layers.Conv2DTranspose, (2, 12, 8, 5))],
)
def test_the_same_as_the_usual_layer(kind, usual, shape):
    image = np.random.default_rng(0).standard_normal((2, 6, 4, 3)).astype("float32")
    settings = {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same"}
    settings |= {"activation": "tanh", "bias_initializer": "random_normal"}
    layer, expected = kind(**settings), usual(**settings)
    expected.build(image.shape)
    layer.build(image.shape)
    layer.set_weights(expected.get_weights())
    found = ops.convert_to_numpy(layer(image))
    assert found.shape == shape
    np.testing.assert_allclose(found, ops.convert_to_numpy(expected(image)), atol=1e-6)
