import keras
import numpy as np
import pytest
from keras import layers, ops

from pix2pix_tt import fast, models
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


@pytest.mark.parametrize("is_fast", [True, False])
def test_networks_are_saved_and_loaded_by_keras(is_fast, tmp_path, monkeypatch):
    monkeypatch.setattr(fast, "layer_types", lambda: _TYPES[is_fast])
    generator = models.unet_generator(down_filters=(2, 3), up_filters=(2,), dropout_blocks=1)
    judge = models.patch_discriminator(filters=(2, 2))
    image = np.random.default_rng(0).standard_normal((1, 8, 8, 1)).astype("float32")
    for network, inputs in ((generator, image), (judge, [image, image])):
        network.save(tmp_path / "network.keras")
        loaded = keras.models.load_model(tmp_path / "network.keras")
        assert [type(layer) for layer in loaded.layers] == [type(x) for x in network.layers]
        found, expected = (np.asarray(model(inputs, training=False)) for model in (loaded, network))
        assert np.abs(expected).max() > 0
        np.testing.assert_array_equal(found, expected)


_TYPES = {True: (Halving, Doubling), False: (layers.Conv2D, layers.Conv2DTranspose)}
