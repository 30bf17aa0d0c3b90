"""Every gin file: complete, read, and used."""

import gin
import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.dsp.griffin_lim import GriffinLim
from style_tt import configurables
from style_tt.features import LogSpectrogram
from style_tt.playing.player import StylePlayer
from style_tt.playing.recordings import Recording

FILES = sorted(path.name for path in (settings.gin_folder() / "style").glob("*.gin"))
NUMBERS = ("published.gin", "default.gin")
QUICK = ("published.gin", "two_dimensions.gin", "waveform.gin")
# Whatever network a file has, at a size that is quick.
SMALL = {
    "LogSpectrogram.n_fft": 64,
    "LogSpectrogram.hop_length": 16,
    "LogSpectrogram.sample_rate": 4000,
    "Waveform.sample_rate": 4000,
    "GriffinLim.n_iter": 2,
    "Optimisation.steps": 3,
}

assert configurables


@pytest.fixture(autouse=True)
def fresh():
    yield
    gin.clear_config()
    keras.utils.clear_session()


def bound(name):
    settings.parse_gin([f"style/{name}"])
    return set(gin.config._CONFIG), {
        (selector, parameter)
        for (_, selector), values in gin.config._CONFIG.items()
        for parameter in values
    }


def test_published_settings_leave_nothing_to_the_default_ones():
    assert bound("published.gin")[1] == bound("default.gin")[1]


@pytest.mark.parametrize("name", [name for name in FILES if name not in NUMBERS])
def test_a_variation_changes_something_that_is_in_the_default(name):
    default = bound("default.gin")[1]
    changed = bound(name)[1]
    assert changed and changed <= default


def test_published_settings():
    settings.parse_gin(["style/published.gin"])
    assert LogSpectrogram() == LogSpectrogram(22050, 2048, 512, "random")
    with keras.StatelessScope(initialize_variables=False):
        network = configurables.networks.random_network(1025)
    kernel, bias = network.weights
    assert (kernel.shape, bias.shape) == ((3, 1025, 4096), (4096,))
    assert not network.trainable_variables
    assert configurables.optimisation.Optimisation().steps == 2501
    assert LogSpectrogram().griffin_lim == GriffinLim(500, 0.0)
    operative = settings.operative_gin()
    for line in ("random_network.activation = None", "LogSpectrogram.hop_length = 512"):
        assert line in operative


@pytest.mark.parametrize(
    "name",
    [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in FILES],
)
def test_every_file_moves_the_content(name, melody):
    settings.parse_gin(["style/default.gin", f"style/{name}"])
    for parameter, value in SMALL.items():
        settings.bind(parameter, value)
    filters = gin.query_parameter("random_network.filters")
    settings.bind("random_network.filters", tuple(12 for _ in filters))
    content, style = melody("plucked", 4000, 0.5, 0.25), melody("bowed", 4000, 0.7, 0.25)
    audio = StylePlayer(Recording.from_audio(style)).render(content, 4000)
    assert audio.shape == content.shape and np.isfinite(audio).all()
    assert np.abs(audio - content).max() > 1e-3


def test_the_settings_that_are_kept_repeat_the_sound(melody, tmp_path):
    """Everything that was used is among them: read alone, they make the same samples."""
    content, style = melody("plucked", 8000, 0.4, 0.25), melody("bowed", 8000, 0.5, 0.2)

    def play():
        player = StylePlayer(Recording.from_audio(style, "style.wav"))
        text = settings.operative_gin()  # as it is kept, before anything is played
        return player.render(content, 8000), text

    small = (
        "LogSpectrogram.sample_rate = 8000",
        "LogSpectrogram.n_fft = 128",
        "LogSpectrogram.hop_length = 32",
        "Optimisation.steps = 3",
        "GriffinLim.n_iter = 5",
        "GriffinLim.momentum = 0.3",
        "Extractor.infinite_width = 5",
        "GramLoss.weight = 3.0",
    )
    settings.parse_gin(["style/default.gin"], small)
    sound, text = play()
    (tmp_path / "operative_config.gin").write_text(text)
    settings.parse_gin([tmp_path / "operative_config.gin"])
    again, same_text = play()
    np.testing.assert_array_equal(again, sound)
    assert same_text == text
