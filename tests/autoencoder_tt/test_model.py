import gin
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.models import weights
from autoencoder_tt.published.features import ClipSpectrogram
from autoencoder_tt.published.models import convolutional_autoencoder
from autoencoder_tt.published.parameters import read_parameters

PUBLISHED = 540_756_610


@pytest.fixture(scope="module")
def small(golden_folder):
    """The network of the measured figures, from the two files that the original wrote."""
    sizes = read_parameters(golden_folder / "autoencoder_small_parameters.pkl")
    model = convolutional_autoencoder(**sizes)
    weights.load_weights(model, golden_folder / "autoencoder_small_weights.h5")
    return model


@pytest.fixture
def without_values():
    """Networks in here have shapes but no values, as 2 GB of them would take."""
    with keras.StatelessScope(initialize_variables=False):
        yield
    keras.utils.clear_session()
    gin.clear_config()


def test_it_draws_what_the_original_draws(small, batches, golden):
    line, picture = batches
    latent = ops.convert_to_numpy(small.get_layer("encoder")(line, training=False))
    np.testing.assert_allclose(latent, golden["latent"], atol=1e-4)
    found = ops.convert_to_numpy(small(line, training=False))
    np.testing.assert_allclose(found[0], golden["out_small"], atol=1e-4, rtol=5e-4)


def test_it_learns_as_the_original_does(small, batches, golden):
    line, picture = batches
    before = small.get_weights()
    small.compile(keras.optimizers.Adam(5e-4), keras.losses.MeanSquaredError())
    found = [float(small.train_on_batch(line, picture)) for _ in range(5)]
    small.set_weights(before)
    np.testing.assert_allclose(found, golden["train_losses_lr5e4"], rtol=1e-3)


def test_its_file_lists_what_the_originals_lists(small, tmp_path, golden_folder):
    weights.save_weights(small, tmp_path / "ours.h5")
    ours = weights.read_tensors(tmp_path / "ours.h5")
    theirs = weights.read_tensors(golden_folder / "autoencoder_small_weights.h5")
    assert list(ours) == list(theirs)
    for name, value in theirs.items():
        np.testing.assert_array_equal(ours[name], value)


def test_the_published_size(without_values):
    model = convolutional_autoencoder()
    assert model.count_params() == PUBLISHED
    dense = model.get_layer("encoder").get_layer("encoder_output")
    assert dense.kernel.shape == (2_097_152, 128)


def test_published_settings(without_values):
    settings.parse_gin(["autoencoder/published.gin"])
    assert convolutional_autoencoder().count_params() == PUBLISHED
    spectrogram = ClipSpectrogram()
    assert (spectrogram.n_bins, spectrogram.n_frames, 2) == (512, 128, 2)
    assert spectrogram == ClipSpectrogram(22050, 65048, 1024, 512, 80.0, 65.40639, 2093.0045)
    assert "latent_size = 128" in settings.operative_gin()


def test_other_depths(without_values):
    model = convolutional_autoencoder((16, 24, 2), (4, 6, 8), (3, 3, 5), (2, (2, 1), (1, 2)), 5)
    assert model.output_shape == (None, 16, 24, 2)
    assert model.get_layer("encoder").output_shape == (None, 5)


def test_what_does_not_fit(without_values):
    with pytest.raises(ValueError, match="same number"):
        convolutional_autoencoder((16, 16, 2), (4, 4), (3,), (2, 2), 3)
    with pytest.raises(ValueError, match="do not divide"):
        convolutional_autoencoder((15, 16, 2), (4, 4), (3, 3), (2, 2), 3)
