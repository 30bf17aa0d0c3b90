import keras
import numpy as np
import pytest

from audio_tt.dsp.griffin_lim import GriffinLim
from autoencoder_tt.frames import measuring, models
from autoencoder_tt.frames import player as player_module
from autoencoder_tt.frames.features import FrameSpectrogram
from autoencoder_tt.frames.player import FramePlayer, Playing
from autoencoder_tt.trained import catalogue, loading

RATE = 22050


class Echo:
    """A design whose network draws the picture of the pitch, as loud as it is told to."""

    features = FrameSpectrogram()
    context = 2
    playing = Playing()

    def __init__(self, griffin_lim=None):
        self.network = self
        self.griffin_lim = griffin_lim or GriffinLim(n_iter=8)

    def predict_on_batch(self, inputs):
        inputs = inputs[:, self.context : -self.context]
        level = 1.0 + (inputs[..., :513] - 1.0) * 80 / 110 + (inputs[..., -1:] - 1.0) * 80 / 110
        return np.where(inputs[..., :513] > 0.6, level, 0.0).astype(np.float32)


STATISTICS = {"loudness_db": -20.0, "lowest_hz": 100.0, "highest_hz": 900.0}


@pytest.fixture
def player():
    return FramePlayer(Echo(), STATISTICS, {"method": "yin"})


def tone(hz, seconds, amplitude=0.3):
    t = np.arange(int(seconds * RATE)) / RATE
    fade = np.minimum(1.0, np.minimum(t, t[-1] - t) / 0.03)
    sound = sum(np.sin(2 * np.pi * k * hz * t) / k**2 for k in range(1, 6))
    return (amplitude * fade * sound).astype(np.float32)


def level_db(audio):
    return 10 * np.log10(np.mean(np.square(audio)) + 1e-12)


@pytest.fixture(scope="module")
def tune():
    """Loud, quiet and low, with rests of 0.8 s between."""
    rest = np.zeros(int(0.8 * RATE), np.float32)
    return np.concatenate([tone(440.0, 1.0), rest, tone(440.0, 1.0, 0.03), rest, tone(220.0, 1.0)])


def test_pitch_and_dynamics_are_those_of_the_input(player, tune):
    output = player.render(tune, RATE)
    assert output.dtype == np.float32 and output.shape == tune.shape
    seconds = [slice(int(a * RATE), int(b * RATE)) for a, b in ((0.2, 0.8), (2.0, 2.6), (3.8, 4.4))]
    heard, played = ([level_db(audio[s]) for s in seconds] for audio in (tune, output))
    assert played[0] - played[1] == pytest.approx(heard[0] - heard[1], abs=0.3)
    for second, hz in zip(seconds, (440.0, 440.0, 220.0), strict=True):
        spectrum = np.abs(np.fft.rfft(output[second] * np.hanning(len(output[second]))))
        low, high = (round(ratio * hz * len(output[second]) / RATE) for ratio in (0.6, 1.5))
        peak_hz = (low + spectrum[low:high].argmax()) * RATE / len(output[second])
        assert peak_hz == pytest.approx(hz, rel=0.005)
    assert np.abs(output[int(1.4 * RATE) : int(1.6 * RATE)]).max() < 1e-5  # a rest is silent


def test_a_louder_recording_is_played_as_much_louder(player, tune):
    outputs = [player.render(gain * tune, RATE) for gain in (1.0, 0.1)]
    assert level_db(outputs[0]) - level_db(outputs[1]) == pytest.approx(20.0, abs=0.3)


def test_blocks_joined_are_the_whole(player, tune, monkeypatch):
    whole, n_samples = player.measure([tune])
    pieces = [tune[i : i + 1000] for i in range(0, len(tune), 1000)]
    monkeypatch.setattr(measuring, "_MEASURED_FRAMES", 150)
    in_blocks, counted = player.measure(pieces)
    assert counted == n_samples
    pitched = whole["confidence"] > 0.9
    for key, values in whole.items():
        assert in_blocks[key].shape == values.shape
        np.testing.assert_allclose(in_blocks[key][pitched], values[pitched], rtol=1e-3, atol=1e-3)
    outputs = []
    for block_frames, window_frames in ((512, 4096), (37, 50)):
        monkeypatch.setattr(player_module, "_BLOCK_FRAMES", block_frames)
        design = Echo(GriffinLim(n_iter=8, window_frames=window_frames))
        outputs.append(list(FramePlayer(design, STATISTICS).play_measured(whole, n_samples)))
    assert len(outputs[1]) > 5
    np.testing.assert_allclose(*map(np.concatenate, outputs), atol=1e-4)


def test_the_network_needs_its_context_and_no_more():
    keras.utils.set_random_seed(0)
    network = models.frame_autoencoder(33, 10, 100.0, channels=(8, 8), latent_size=3, width=3)
    context = models.context_frames(network)
    assert context == 3
    inputs = np.random.default_rng(0).random((1, 40, 44), np.float32)
    whole = np.asarray(network(inputs))
    assert whole.shape == (1, 40 - 2 * context, 33)
    part = np.asarray(network(inputs[:, 10 : 11 + 2 * context]))
    np.testing.assert_allclose(part[0, 0], whole[0, 10], atol=1e-5)
    inputs[0, 10 + context] += 1.0
    changed = np.abs(np.asarray(network(inputs)) - whole).max(axis=(0, 2)) > 1e-6
    assert changed.nonzero()[0].tolist() == list(range(10 - context, 11 + context))


def test_the_picture_cuts_harmonics_out_of_an_envelope():
    keras.utils.set_random_seed(0)
    network = models.frame_autoencoder(33, 10, 100.0, ("pitch",), channels=(8,), width=1)
    for name in ("envelope", "rest"):
        layer = network.get_layer("decoder").get_layer(name)
        layer.kernel.assign(np.zeros(layer.kernel.shape))
        layer.bias.assign(np.full(33, {"envelope": 0.9, "rest": 0.1}[name]))
    inputs = np.zeros((1, 2, 44), np.float32)
    inputs[0, :, 5] = 1.0
    inputs[0, :, 6] = 0.75
    drawn = np.asarray(network(inputs))[0, 0]
    np.testing.assert_allclose(drawn[[5, 6]], [0.9, 0.7], atol=1e-4)
    np.testing.assert_allclose(drawn[7:], 10 * np.log10(10**1.0 + 10**1.0) / 100, atol=1e-4)


@pytest.mark.parametrize("reads", [(), ("picture", "colour")])
def test_what_is_read_must_be_there(reads):
    with pytest.raises(ValueError, match="reads must name"):
        models.frame_autoencoder(9, 3, 100.0, reads)


@pytest.mark.parametrize(
    "audio, message",
    [
        (np.zeros(30000, np.float32), "is silent"),
        (np.zeros(0, np.float32), "is silent"),
        (0.1 * np.random.default_rng(0).standard_normal(44100).astype(np.float32), "no pitch"),
    ],
)
def test_without_pitch_there_is_silence_and_one_warning(caplog, audio, message):
    player = FramePlayer(Echo(), STATISTICS)
    with caplog.at_level("WARNING", logger="absl"):
        output = np.concatenate([np.zeros(0), *player.play([audio], "noise.wav")])
    assert output.shape == audio.shape and not output.any()
    assert [r.getMessage() for r in caplog.records] == [
        f"noise.wav{': ' if message == 'no pitch' else ' '}{message}"
        f"{' was found in it' if message == 'no pitch' else ''}, so the output is silence"
    ]


def test_chords_are_warned_about(player, caplog):
    chord = sum(tone(hz, 3.0, 0.2) for hz in (261.6, 311.1, 370.0))
    with caplog.at_level("WARNING", logger="absl"):
        measured, _ = player.measure([chord], "chord.wav")
    assert measured is not None and "several notes sound at once" in caplog.text


def test_phases_are_those_of_sines(tune):
    """Started from them, Griffin-Lim comes nearer to what was drawn than from random phase."""
    player = FramePlayer(Echo(GriffinLim()), STATISTICS, {"method": "yin"})
    features = Echo.features
    target = np.concatenate([m for m, _ in player.draw(player.measure([tune])[0])], axis=1).T
    errors = {}
    for phase, audio in player.render_phases(tune, ("harmonics", "random")):
        magnitude = features.to_magnitude(features.levels(np.pad(audio, (0, 256))))
        errors[phase] = np.linalg.norm(magnitude - target) / np.linalg.norm(target)
    assert errors["harmonics"] < 0.1
    assert errors["harmonics"] < 0.7 * errors["random"]


@pytest.mark.parametrize("instrument", catalogue.instruments())
def test_the_included_instruments_play(instrument, tune):
    folder = catalogue.folder(instrument)
    assert (folder / "weights.h5").stat().st_size < 8e6
    trained = loading.load(folder)
    assert trained.design.network.count_params() < 5e6
    output = trained.player({"method": "yin"}).render(tune, RATE)
    loud, quiet = (
        level_db(output[int(a * RATE) : int(b * RATE)]) for a, b in ((0.2, 0.8), (2.0, 2.6))
    )
    assert loud > -30 and loud - quiet == pytest.approx(20.0, abs=6.0)
    spectrum = np.abs(np.fft.rfft(output[int(0.2 * RATE) : int(0.8 * RATE)] * np.hanning(13230)))
    assert spectrum[240:300].argmax() + 240 == pytest.approx(264, abs=2)  # 440 Hz
