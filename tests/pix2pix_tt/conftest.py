"""Weight files as Keras 2 wrote them for the published networks, with made-up values."""

import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from pix2pix_tt.features import SliceSpectrogram

DOWN = (64, 128, 256, 512, 512, 512, 512, 512)
UP = (512, 512, 512, 512, 256, 128, 64)
PATCH = (64, 128, 256, 512)
NORM = ("gamma", "beta", "moving_mean", "moving_variance")


def numbered(name, number):
    return f"{name}_{number}" if number else name


def value(name, shape):
    """The tensor of this name, the same on every machine."""
    noise = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape)
    kind = name.split("/")[-1].removesuffix(":0")
    is_last = name.count("/") == 1
    made = {
        "kernel": lambda: (0.1 if is_last else 0.02) * noise,
        "gamma": lambda: 1 + 0.1 * noise,
        "moving_variance": lambda: np.exp(0.1 * noise),
    }
    return made.get(kind, lambda: 0.1 * noise)().astype(np.float32)


def block(sequential, convolution, kernel_shape, norm=None, filters=0):
    """(layer name, {weight name: shape}) of one nested Sequential."""
    name = numbered("sequential", sequential)
    shapes = {f"{name}/{convolution}/kernel:0": kernel_shape}
    if norm is not None:
        normalisation = numbered("batch_normalization", norm)
        shapes |= {f"{name}/{normalisation}/{part}:0": (filters,) for part in NORM}
    return name, shapes


def final(name, kernel_shape):
    return name, {f"{name}/kernel:0": kernel_shape, f"{name}/bias:0": (1,)}


def layout_of_generator():
    layout = [("input_1", {})]
    for i, (given, made) in enumerate(zip((1, *DOWN), DOWN, strict=False)):
        name = numbered("conv2d", i)
        layout.append(block(i, name, (4, 4, given, made), i - 1 if i else None, made))
    given = DOWN[-1]
    for i, (made, skip) in enumerate(zip(UP, DOWN[-2::-1], strict=True)):
        name = numbered("conv2d_transpose", i)
        layout.append(block(8 + i, name, (4, 4, made, given), 7 + i, made))
        given = made + skip
    layout.insert(
        1 + len(DOWN) + 1, ("concatenate", {})
    )  # one layer for all, listed where first used
    return [*layout, final("conv2d_transpose_7", (4, 4, 1, given))]


def layout_of_discriminator():
    layout = [("input_2", {}), ("input_3", {}), ("concatenate_1", {})]
    for i, (given, made) in enumerate(zip((2, *PATCH), PATCH, strict=False)):
        name = f"conv2d_{8 + i}"
        layout.append(block(15 + i, name, (4, 4, given, made), 13 + i if i else None, made))
    return [*layout, final("conv2d_12", (4, 4, 512, 1))]


def write(path, layout):
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name, _ in layout])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4-tf"
        for layer, shapes in layout:
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in shapes])
            for name, shape in shapes.items():
                group.create_dataset(name, data=value(name, shape))


@pytest.fixture(scope="session")
def generator_layout():
    """What a published generator's file lists, [(layer, {weight name: shape})]."""
    return layout_of_generator()


@pytest.fixture(scope="session")
def write_generator(generator_layout):
    """Writes such a file."""
    return lambda path: write(path, generator_layout)


@pytest.fixture(scope="session")
def write_discriminator():
    """Writes a discriminator's file and returns what it lists."""

    def make(path):
        layout = layout_of_discriminator()
        write(path, layout)
        return layout

    return make


@pytest.fixture(scope="session")
def golden():
    path = Path(__file__).parents[1] / "golden" / "pix2pix.npz"
    return dict(np.load(path))


@pytest.fixture(scope="session")
def slices(melody):
    """The first test sound as the network sees it, and the second."""
    spectrogram = SliceSpectrogram()
    plucked, _ = spectrogram.encode(melody("plucked", 44100, 5.0))
    bowed, _ = spectrogram.encode(melody("bowed", 44100, 5.0))
    return plucked, bowed


INSTRUMENTS = ("piano", "guitar", "violin")


@pytest.fixture(scope="session")
def features_path(tmp_path_factory):
    """Slices of 32 x 32 of six songs on three instruments: guitar is piano upside down.

    The last value of a slice tells which it is: (10 x instrument + song) / 100 + number / 1000.
    """
    folder = tmp_path_factory.mktemp("features")
    random = np.random.default_rng(0)
    for song in range(6):
        for number in range(3):
            heard = np.kron(random.random((4, 4)), np.ones((8, 8)))
            played = (heard, heard[::-1].copy(), heard**2)
            for i, (name, image) in enumerate(zip(INSTRUMENTS, played, strict=True)):
                image[-1, -1] = (10 * i + song) / 100 + number / 1000
                path = folder / name / f"song{song}_{number:03d}.npy"
                path.parent.mkdir(exist_ok=True)
                np.save(path, image[..., None].astype("float64" if number == 2 else "float32"))
    return folder


@pytest.fixture(scope="session")
def tiny_gin(tmp_path_factory):
    """Networks that a test can train."""
    path = tmp_path_factory.mktemp("settings") / "tiny.gin"
    path.write_text(
        "include 'pix2pix/published.gin'\n"
        "SliceSpectrogram.n_bins = 32\n"
        "SliceSpectrogram.slice_frames = 32\n"
        "unet_generator.down_filters = (4, 8)\n"
        "unet_generator.up_filters = (4,)\n"
        "unet_generator.dropout_blocks = 1\n"
        "patch_discriminator.filters = (4, 4)\n"
        "SlicePairs.batch_size = 4\n"
        "Pix2PixTrainer.generator_learning_rate = 2e-3\n"
        "Pix2PixTrainer.discriminator_learning_rate = 1e-3\n"
    )
    return path


@pytest.fixture(scope="session")
def save_model(tiny_gin):
    """Writes the folder of a tiny model with weights that make it do something."""
    import gin

    from audio_tt import settings
    from audio_tt.models import weights
    from pix2pix_tt.configurables import features, models

    def save(folder, channels=1, seed=0):
        settings.parse_gin([tiny_gin])
        settings.bind("unet_generator.channels", channels)
        generator = models.unet_generator(initial_deviation=0.0)
        random = np.random.default_rng(seed)
        for variable in generator.trainable_variables:
            variable.assign(variable + random.normal(0.0, 0.2, variable.shape))
        features.SliceSpectrogram()
        folder.mkdir(parents=True, exist_ok=True)
        weights.save_weights(generator, folder / "generator.h5")
        (folder / "operative_config.gin").write_text(settings.operative_gin())
        if channels == 2:
            named = {name: random.random((32, 32)).astype("float16") for name in ("guitar", "harp")}
            np.savez(folder / "styles.npz", **named)
        gin.clear_config()
        return folder

    return save


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory, save_model):
    """A tiny model of one target."""
    return save_model(tmp_path_factory.mktemp("models") / "piano_2_guitar")


@pytest.fixture(scope="session")
def conditioned_folder(tmp_path_factory, save_model):
    """A tiny conditioned model, which brings along guitar and harp."""
    return save_model(tmp_path_factory.mktemp("models") / "piano_2_any", channels=2)


@pytest.fixture
def fresh_gin():
    """Settings as in a new process, before and after."""
    import gin

    gin.clear_config()
    yield
    gin.clear_config()


@pytest.fixture(scope="session")
def nsynth_path(tmp_path_factory):
    """A folder in NSynth's layout with a few notes of 0.4 s: sines that die away.

    The keyboard has the pitches 57 to 60 at all velocities; the guitar has preset 000 without pitch
    58 and preset 010, both at velocity 100 only.
    """
    import soundfile

    folder = tmp_path_factory.mktemp("nsynth")
    time = np.arange(6400) / 16000
    instruments = {
        "keyboard_acoustic_000": (2.0, (57, 58, 59, 60), (25, 50, 100, 127)),
        "guitar_acoustic_000": (8.0, (57, 59, 60), (100,)),
        "guitar_acoustic_010": (16.0, (57, 59, 60), (100,)),
    }
    for name, (decay, pitches, velocities) in instruments.items():
        for pitch in pitches:
            sine = np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
            for velocity in velocities:
                sound = velocity / 140 * sine * np.exp(-decay * time)
                soundfile.write(folder / f"{name}-{pitch:03d}-{velocity:03d}.wav", sound, 16000)
    return folder


@pytest.fixture(scope="module")
def trained(model_folder):
    from pix2pix_tt.trained import loading

    return loading.load(model_folder)


@pytest.fixture(scope="module")
def conditioned(conditioned_folder):
    from pix2pix_tt.trained import loading

    return loading.load(conditioned_folder)
