import zlib

import gin
import h5py
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from pix2pix_tt.configurables import losses, models
from pix2pix_tt.features import SliceSpectrogram

HALF = 5e-4  # relative error of what is stored as float16


def trainable(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def listed(path):
    """[(layer, {weight name: shape})] of a file of the Keras 2 layout."""
    with h5py.File(path) as file:
        names = [name.decode() for name in file.attrs["layer_names"]]
        return [
            (name, {w.decode(): file[name][w].shape for w in file[name].attrs["weight_names"]})
            for name in names
        ]


@pytest.fixture(scope="module")
def generator(tmp_path_factory, write_generator):
    """The published generator, from a file as the original writes it."""
    path = tmp_path_factory.mktemp("weights") / "generator.h5"
    write_generator(path)
    network = models.unet_generator()
    weights.load_weights(network, path)
    path.unlink()
    return network


@pytest.fixture(scope="module")
def discriminator(tmp_path_factory, write_discriminator):
    path = tmp_path_factory.mktemp("weights") / "discriminator.h5"
    write_discriminator(path)
    network = models.patch_discriminator()
    weights.load_weights(network, path)
    return network


@pytest.fixture(scope="module")
def output(generator, slices):
    return ops.convert_to_numpy(generator(slices[0], training=False))


def test_sizes(generator, discriminator):
    assert (generator.count_params(), trainable(generator)) == (54_419_713, 54_408_833)
    assert (discriminator.count_params(), trainable(discriminator)) == (2_766_337, 2_764_545)


def test_the_generator_draws_what_the_original_draws(output, golden):
    assert output.shape == (2, 256, 256, 1)
    np.testing.assert_allclose(output[..., 0], golden["gen_out"], atol=1e-6, rtol=HALF)


def test_the_discriminator_judges_as_the_original_does(discriminator, slices, output, golden):
    plucked, bowed = map(ops.convert_to_tensor, slices)
    real = discriminator([plucked, bowed], training=False)
    fake = discriminator([plucked, ops.convert_to_tensor(output)], training=False)
    np.testing.assert_allclose(ops.convert_to_numpy(real), golden["disc_real"], atol=5e-5)
    np.testing.assert_allclose(ops.convert_to_numpy(fake), golden["disc_fake"], atol=5e-5)
    total, distance = losses.GeneratorLoss()(fake, bowed, ops.convert_to_tensor(output))
    found = [float(x) for x in (distance, total, losses.discriminator_loss(real, fake))]
    np.testing.assert_allclose(found, golden["losses_l1_gen_disc"], rtol=1e-5)


def test_the_sound_that_comes_out(output, melody, golden):
    spectrogram = SliceSpectrogram()
    _, phase = spectrogram.encode(melody("plucked", 44100, 5.0))
    audio = spectrogram.decode(output, phase)
    assert len(audio) == golden["audio_out_len"]
    assert np.abs(audio).max() == pytest.approx(golden["audio_out_peak"], rel=1e-5)
    np.testing.assert_allclose(audio[:44100], golden["audio_out_first"], atol=1e-6)


def test_two_channels(generator, slices, golden):
    network = models.unet_generator(channels=2)
    assert network.count_params() == 54_420_737
    kernel, *others = network.weights
    assert kernel.shape == (4, 4, 2, 64)
    kernel.assign(0.02 * standard_normal("sequential/conv2d/kernel:0", kernel.shape))
    for variable, same in zip(others, generator.weights[1:], strict=True):
        variable.assign(same)
    plucked, bowed = slices
    image = np.concatenate([plucked[:1], bowed[:1]], axis=-1)
    found = ops.convert_to_numpy(network(image, training=False))
    np.testing.assert_allclose(found[..., 0], golden["gen2_out"], atol=1e-6, rtol=HALF)


def standard_normal(name, shape):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    return rng.standard_normal(shape).astype(np.float32)


def test_files_have_the_published_names(tmp_path, discriminator, write_discriminator):
    weights.save_weights(discriminator, tmp_path / "ours.h5")
    assert listed(tmp_path / "ours.h5") == write_discriminator(tmp_path / "theirs.h5")


def test_the_generators_file_has_the_published_names(generator, generator_layout):
    names = [name for name, _ in generator_layout]
    assert [layer.name for layer in generator.layers] == names
    found = {
        f"{layer.name}/{inner.name}/{variable.name}:0": tuple(variable.shape)
        for layer in generator.layers
        if isinstance(layer, keras.Sequential)
        for inner in layer.layers
        for variable in inner.weights
    }
    wanted = {w: s for _, shapes in generator_layout[:-1] for w, s in shapes.items()}
    assert found == wanted


def test_a_file_of_the_other_network_is_refused(tmp_path, generator, write_discriminator):
    path = tmp_path / "discriminator.h5"
    write_discriminator(path)
    before = ops.convert_to_numpy(generator.variables[0])
    with pytest.raises(UserError, match="does not fit the model: sequential_15"):
        weights.load_weights(generator, path)
    np.testing.assert_array_equal(ops.convert_to_numpy(generator.variables[0]), before)


def test_small_networks_of_other_depth():
    image = keras.KerasTensor((2, 32, 64, 1))
    with keras.StatelessScope(initialize_variables=False):
        network = models.unet_generator(down_filters=(4, 6, 8), up_filters=(6, 4))
        assert network(image).shape == (2, 32, 64, 1)
        judge = models.patch_discriminator(filters=(4, 4))
        assert judge([image, image]).shape == (2, 8, 16, 1)
    keras.utils.clear_session()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"down_filters": (4, 6), "up_filters": (6, 4)}, "up_filters has 2 blocks, where 2 blocks"),
        ({"up_filters": "wide"}, "up_filters is 'wide'; it must be a list of numbers"),
        ({"down_filters": (4, 6.5), "up_filters": (4,)}, "down_filters"),
        ({"dropout_blocks": 1.5}, "dropout_blocks is 1.5; it must be a whole number"),
        ({"dropout": "half"}, "dropout is 'half'"),
    ],
)
def test_arguments_that_make_no_generator(arguments, words):
    with pytest.raises(UserError, match=words):
        models.unet_generator(**arguments)


def test_kernels_start_small_and_different():
    network = models.patch_discriminator(filters=(32, 32, 32))
    kernels = [ops.convert_to_numpy(v) for v in network.variables if v.name == "kernel"]
    assert np.std(kernels[1]) == pytest.approx(0.02, rel=0.05)
    assert np.abs(kernels[1] - kernels[2]).max() > 0.01


def test_only_training_drops_out():
    network = models.unet_generator(down_filters=(8, 8), up_filters=(8,))
    image = np.random.default_rng(0).normal(size=(1, 16, 16, 1)).astype(np.float32)
    quiet = [ops.convert_to_numpy(network(image, training=False)) for _ in range(2)]
    noisy = [ops.convert_to_numpy(network(image, training=True)) for _ in range(2)]
    np.testing.assert_array_equal(*quiet)
    assert np.abs(noisy[0] - noisy[1]).max() > 1e-3


def test_published_settings():
    settings.parse_gin(["pix2pix/published.gin"])
    try:
        assert SliceSpectrogram() == SliceSpectrogram(
            44100, 1024, 512, "hann_symmetric", "reflect", 256, 256, 65536.0
        )
        with keras.StatelessScope(initialize_variables=False):
            assert models.unet_generator().count_params() == 54_419_713
            assert models.patch_discriminator().count_params() == 2_766_337
        settings.bind("unet_generator.channels", 2)
        with keras.StatelessScope(initialize_variables=False):
            assert models.unet_generator().count_params() == 54_420_737
        assert "unet_generator.channels = 2" in settings.operative_gin()
    finally:
        keras.utils.clear_session()
        gin.clear_config()
