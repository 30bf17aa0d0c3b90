"""A model that reads audio alone: learning, playing recordings of any length, and saying no."""

import gin
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt import losses
from ddsp_tt.configurables import loop, models
from ddsp_tt.data import example_files
from ddsp_tt.evaluation import interpolation, scoring
from ddsp_tt.exporting.decoder import StatelessDecoder
from ddsp_tt.models import windowed_analysis
from ddsp_tt.playing.engine.live import LiveInstrument
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import loading

WINDOW, HOP = 8192, 512
SMALL = """
include 'ddsp/inverse_synthesis.gin'
n_samples = 8192
InverseSynthesis.sinusoidal_encoder = @tests.Listener()
InverseSynthesis.freq_scale_fn = @sinusoids/core.frequencies_softmax
sinusoids/frequencies_softmax.depth = 4
SinusoidalToHarmonicEncoder.n_harmonics = 5
RnnSandwich.fc_stack_ch = 8
RnnSandwich.rnn_ch = 8
SpectralLoss.fft_sizes = (512,)
train.num_steps = 4
train.batch_size = 2
train.crop_seconds = 0.512
train.steps_per_summary = 2
train.steps_per_save = 2
"""


@gin.register(module="tests")
class Listener(keras.layers.Layer):
    """In place of the `ResNet`: the mean level of the window, and of each frame, to all outputs."""

    def __init__(self):
        super().__init__(name="listener")
        sizes = {"frequencies": 12, "amplitudes": 3, "noise_magnitudes": 9}
        self.outs = {key: keras.layers.Dense(n, name=key) for key, n in sizes.items()}
        self.heard = []

    def call(self, features):
        audio = ops.convert_to_tensor(features["audio"])
        self.heard.append(tuple(audio.shape))
        level = ops.mean(ops.reshape(ops.abs(audio), (-1, audio.shape[1] // HOP, HOP)), axis=-1)
        x = ops.stack([level, ops.zeros_like(level) + ops.mean(level, 1, keepdims=True)], axis=-1)
        return {key: dense(x) for key, dense in self.outs.items()}


def build(**options):
    model = models.InverseSynthesis(
        Listener(),
        freq_scale_fn=lambda x: ops.sigmoid(x[..., ::4]) * 4000.0,
        n_samples=WINDOW,
        **options,
    )
    return loading.build(model)


def play(model, audio):
    return np.concatenate(list(model.render({"audio": audio})))


@pytest.fixture(scope="module")
def tone():
    t = np.arange(60000) / 16000
    return (0.3 * np.sin(2 * np.pi * 440 * t)).astype("float32")


def test_any_length_comes_back_and_only_windows_are_heard(tone):
    model = build()
    for n_samples in (1, WINDOW, WINDOW + 1, 60000):
        audio = play(model, tone[:n_samples])
        assert audio.shape == (n_samples,) and np.isfinite(audio).all()
    assert set(model.sinusoidal_encoder.heard) == {(1, WINDOW)}
    assert not len(DdspPlayer(loading.TrainedModel("it", model, None)).render(tone[:0], 16000))


def test_windows_meet_without_a_seam():
    """What does not depend on the window is played as if there were none."""
    model = build()
    for dense in model.sinusoidal_encoder.outs.values():
        dense.kernel.assign(np.zeros(dense.kernel.shape, "float32"))
    raw = np.full(12, -1.0, "float32")
    model.sinusoidal_encoder.outs["frequencies"].bias.assign(raw)
    model.sinusoidal_encoder.outs["noise_magnitudes"].bias.assign(np.full(9, -30.0, "float32"))
    audio = play(model, np.zeros(40000, "float32"))
    hz = 4000.0 / (1.0 + np.exp(1.0))
    level = 3 * (2.0 * 0.5 ** np.log(10.0) + 1e-7)
    expected = level * np.sin(2 * np.pi * hz * np.arange(1, 40001) / 16000)
    np.testing.assert_allclose(audio, expected, atol=2e-3)


def test_what_windows_say_differently_goes_over_slowly():
    """From silence to sound: the window's mean jumps, the controls do not."""
    model = build()
    dense = model.sinusoidal_encoder.outs["amplitudes"]
    dense.kernel.assign(np.array([[0.0] * 3, [10.0] * 3], "float32"))
    audio = np.concatenate([np.zeros(3 * WINDOW), np.ones(3 * WINDOW)]).astype("float32")
    blocks = list(windowed_analysis.analyse(model, audio).controls)
    amplitudes = np.concatenate([block["amplitudes"] for block in blocks], axis=1)[0, :, 0]
    assert len(amplitudes) == 6 * WINDOW // HOP
    assert amplitudes[0] == pytest.approx(0.405, abs=0.01) and amplitudes[-1] > 1.9
    assert np.diff(amplitudes).min() > -1e-4
    assert np.diff(amplitudes).max() < 0.25 * np.ptp(amplitudes)


def test_harmonics_learn_from_sinusoids_and_do_not_change_them(tone):
    consistency = losses.KDEConsistencyLoss(scale_a=2.0, scale_b=2.0)
    encoder = models.SinusoidalToHarmonicEncoder(keras.layers.Dense(8), n_harmonics=5)
    model = build(harmonic_encoder=encoder, sinusoidal_consistency_losses=consistency)
    before = [ops.convert_to_numpy(x) for x in model.sinusoidal_encoder.weights]
    model.compile(loop.Trainer(learning_rate=3e-3).optimizer)
    batch = {"audio": np.stack([tone[:WINDOW], 0.1 * tone[:WINDOW]])}
    values = [float(np.ravel(model.train_on_batch(batch))[0]) for _ in range(6)]
    assert values[-1] < values[0]
    for old, new in zip(before, model.sinusoidal_encoder.weights, strict=True):
        np.testing.assert_array_equal(old, ops.convert_to_numpy(new))


def test_sinusoids_can_start_apart_and_quiet():
    model = models.InverseSynthesis(
        Listener(), n_samples=WINDOW, initial_bias=-4.0, spread_frequencies=True
    )
    model.freq_scale_fn = lambda x: ops.reshape(ops.softmax(ops.reshape(x, (-1, 3, 4))), x.shape)
    controls = model.analyse({"audio": np.zeros((1, WINDOW), "float32")})
    peaks = ops.convert_to_numpy(controls["sin_freqs"])[0, 0].reshape(3, 4).argmax(axis=-1)
    assert list(peaks) in ([0, 1, 2], [0, 1, 3], [0, 2, 2], [0, 2, 3])
    assert ops.convert_to_numpy(controls["sin_amps"]).max() < 1e-3


@pytest.fixture(scope="module")
def run(tmp_path_factory, tone):
    """A run directory of the shipped settings, with a smaller network."""
    folder = tmp_path_factory.mktemp("inverse")
    n_frames = len(tone) // 64
    features = {key: np.full(n_frames, value) for key, value in _FEATURES.items()}
    (folder / "data").mkdir()
    example_files.save_example(folder / "data" / "one_0000.npz", tone[: n_frames * 64], features)
    (folder / "small.gin").write_text(SMALL)
    settings.parse_gin((folder / "small.gin",))
    keras.utils.set_random_seed(0)
    provider = example_files.CropProvider(folder / "data", crop_seconds=0.512)
    loop.train(models.get_model(), folder / "run", data_provider=provider)
    return folder / "run"


_FEATURES = {"f0_hz": 440.0, "f0_confidence": 1.0, "loudness_db": -20.0}


def test_a_run_plays_and_is_judged(run, tone):
    trained = loading.load(run)
    player = DdspPlayer(trained)
    played = player.render(tone[:20000], 16000)
    assert played.shape == (20000,) and np.abs(played).max() > 1e-4
    np.testing.assert_array_equal(played, player.render(tone[:20000], 16000))
    example = example_files.load_example(run.parent / "data" / "one_0000.npz")
    window = scoring.play(trained, example, None, needs_pitch=False)
    assert window.audio.shape == window.target.shape


def test_what_such_a_model_cannot_do_is_said_in_one_line(run):
    trained = loading.load(run)
    with pytest.raises(UserError, match="InverseSynthesis cannot be played live"):
        LiveInstrument(trained)
    with pytest.raises(UserError, match="InverseSynthesis has no decoder"):
        StatelessDecoder(trained.model)
    with pytest.raises(UserError, match="no pitch and loudness to interpolate"):
        interpolation.tasks_of(trained.model)


def test_a_window_is_a_whole_number_of_hops():
    model = models.InverseSynthesis(Listener(), n_samples=8192 + 256)
    model.freq_scale_fn = lambda x: x
    with pytest.raises(UserError, match="8448 is no whole number of the spectrum's hops"):
        model.analyse({"audio": np.zeros((1, 7 * HOP), "float32")})


def test_magentas_settings(tmp_path, caplog):
    """The lines of papers/icml2020: the model is understood, self-supervision passed over."""
    lines = """
    import ddsp.training
    get_model.model = @models.InverseSynthesis()
    InverseSynthesis.reverb = False
    InverseSynthesis.sinusoidal_encoder = @encoders.ResnetSinusoidalEncoder()
    ResnetSinusoidalEncoder.size = 'small'
    ResnetSinusoidalEncoder.output_splits = (('frequencies', 6400), ('amplitudes', 100))
    ResnetSinusoidalEncoder.spectral_fn = @f0_spectral/spectral_ops.compute_logmel
    f0_spectral/compute_logmel.bins = 229
    InverseSynthesis.harmonic_encoder = @encoders.SinusoidalToHarmonicEncoder()
    SinusoidalToHarmonicEncoder.net = @nn.RnnSandwich()
    InverseSynthesis.losses = [@losses.SpectralLoss(),]
    InverseSynthesis.sinusoidal_consistency_losses = @losses.KDEConsistencyLoss()
    InverseSynthesis.harmonic_consistency_losses = @losses.HarmonicConsistencyLoss()
    HarmonicConsistencyLoss.amp_weight = 1.0
    InverseSynthesis.filtered_noise_consistency_loss = @losses.FilteredNoiseConsistencyLoss()
    train.data_provider = @data.SyntheticNotes()
    """
    path = tmp_path / "pretrain.gin"
    path.write_text("\n".join(line.strip() for line in lines.splitlines()))
    settings.parse_gin(("ddsp/published.gin", path), foreign=(path,))
    model = models.get_model()
    assert model.crop_frames == 1000 and len(model.consistency_losses) == 1
    silence = np.zeros((1, 8192), "float32")
    assert model.sinusoidal_encoder.spectral_fn(silence).shape == (1, 16, 229)
    for name in ("HarmonicConsistencyLoss", "harmonic_consistency_losses", "SyntheticNotes"):
        assert name in caplog.text
