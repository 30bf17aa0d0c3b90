"""Other rates than 16 kHz and 250 frames a second: prepared, trained, played, measured."""

import keras
import numpy as np
import pytest
import soxr
from magenta_folder import SETTINGS

from audio_tt import settings
from audio_tt.dsp import loudness
from audio_tt.errors import UserError
from audio_tt.files import io
from ddsp_tt.configurables import loop, models
from ddsp_tt.data import example_files, preparation
from ddsp_tt.evaluation import scoring
from ddsp_tt.features import extraction
from ddsp_tt.features.rates import Rates, rates_of_frames
from ddsp_tt.magenta import folders
from ddsp_tt.models import rendering
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.synthesis import processors, synths
from ddsp_tt.trained import loading

HIGH = Rates(48000, 50)
SMALL = """
include 'ddsp/models/vst/vst_48k.gin'
n_samples = None
RnnFcDecoder.rnn_channels = 8
RnnFcDecoder.ch = 8
RnnFcDecoder.output_splits = (('amps', 1), ('harmonic_distribution', 12), ('noise_magnitudes', 9))
FilteredNoiseReverb.reverb_length = 4800
FilteredNoiseReverb.n_frames = 10
FilteredNoiseReverb.n_filter_banks = 8
SpectralLoss.fft_sizes = (384, 192)
train.num_steps = 2
train.batch_size = 2
train.crop_seconds = 0.2
train.steps_per_summary = 2
train.steps_per_save = 2
"""


@pytest.fixture(scope="module")
def high(melody):
    """The melody at 48 kHz with a tone at 12 kHz, which a copy at 16 kHz has not."""
    t = np.arange(3 * len(melody)) / 48000
    above = 0.05 * np.sin(2 * np.pi * 12000 * t)
    return (soxr.resample(melody, 16000, 48000) + above).astype("float32")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, high):
    folder = tmp_path_factory.mktemp("high")
    io.write(folder / "in.wav", high, 48000)
    assert preparation.prepare([folder / "in.wav"], folder / "out", "yin", rates=HIGH, run=map) == 0
    return folder / "out"


@pytest.fixture(scope="module")
def trained(tmp_path_factory, prepared):
    folder = tmp_path_factory.mktemp("run")
    (folder / "small.gin").write_text(SMALL)
    settings.parse_gin((folder / "small.gin",))
    keras.utils.set_random_seed(0)
    loop.train(models.get_model(), folder / "run", prepared)
    assert io.info(next((folder / "run").glob("samples/*/*.wav"))).sample_rate == 48000
    return loading.load(folder / "run")


def test_frames_of_a_decoder_that_are_not_the_measured_ones():
    """300 frames of 147 samples a second where features are measured 250 times."""
    rates = rates_of_frames(44100, 250, 147)
    assert (rates.frame_rate, rates.hop_length, rates.decoder_frame_rate) == (250, 147, 300.0)
    assert rates.frames_of(44100) == 250 and rates.samples_of(250) == 44100
    features = {"f0_hz": np.arange(250.0) + 200.0, "loudness_db": np.arange(250.0)}
    features["f0_hz"][100:] = 0.0
    moved = rates.for_decoder(features)
    assert len(moved["f0_hz"]) == len(moved["loudness_db"]) == 300
    np.testing.assert_allclose(moved["loudness_db"][:299], np.arange(299) / 1.2, rtol=1e-6)
    np.testing.assert_allclose(moved["f0_hz"][:118], 200.0 + np.arange(118) / 1.2, rtol=1e-6)
    assert set(moved["f0_hz"][119:]) <= {0.0, 299.0}
    assert rates_of_frames(44100, 250, 441) == Rates(44100, 100)


@pytest.mark.parametrize("text", ["n_samples = 4704", "n_samples = 5645"])
def test_a_model_whose_frame_rate_does_not_divide_is_read(text, tmp_path):
    """32 frames in 4704 samples, 250 frames a second stated; 5645 are 176 a frame and some."""
    gin_file = tmp_path / "operative_config-0.gin"
    n_samples = f"Harmonic.{text}\nHarmonic.sample_rate = 44100"
    steps = "F0LoudnessPreprocessor.time_steps = 32\nF0LoudnessPreprocessor.sample_rate = 44100"
    gin_file.write_text(
        SETTINGS.replace("Harmonic.n_samples = 1024", n_samples).replace(
            "F0LoudnessPreprocessor.time_steps = 16", steps
        )
    )
    folders.parse(gin_file)
    model = loading.build(models.get_model())
    trained = loading.TrainedModel("theirs", model, None)
    hop_length = 147 if "4704" in text else 176
    assert model.rates == Rates(44100, 250, hop_length) and model.crop_frames == 32
    seconds = np.arange(44100) / 44100
    features = extraction.extract(
        (0.3 * np.sin(2 * np.pi * 440 * seconds)).astype("float32"), rates=model.rates, method="yin"
    )
    assert len(features["f0_hz"]) == 250
    features["f0_hz"] = np.repeat(np.float32([440, 660]), 125)
    for player in (trained, trained.as_engine()):
        audio = np.concatenate(list(player.render(features)))
        assert 44100 <= len(audio) < 44100 + hop_length
        for stretch, lowest in ((audio[:21600], 440), (audio[22500:44100], 660)):
            power = np.abs(np.fft.rfft(stretch * np.hanning(21600))) ** 2
            frequency = np.fft.rfftfreq(21600, 1 / 44100)
            is_partial = np.abs((frequency + lowest / 2) % lowest - lowest / 2) < 9
            assert power[is_partial].sum() > 0.99 * power.sum()


@pytest.mark.parametrize("rates", [(44100, 250), (48000, 7), (16000, 0)])
def test_frames_are_whole_samples(rates):
    with pytest.raises(UserError, match="do not divide"):
        Rates(*rates)


@pytest.mark.parametrize("rates", [(16000, 250), (32000, 250), (48000, 50), (44100, 100)])
def test_hops(rates):
    assert Rates(*rates).hop_length * rates[1] == rates[0]
    assert Rates(*rates).measuring_hop_length * rates[1] == 16000


def test_features_are_those_of_a_copy_at_16_khz(high, melody):
    measured = extraction.extract(high[:-100], "yin", rates=HIGH, power_window_length=1024)
    expected = extraction.extract(
        melody, "yin", rates=Rates(frame_rate=50), power_window_length=1024
    )
    assert all(len(x) == 150 for x in measured.values())
    inner = np.r_[5:40, 55:90, 105:140]
    for key, atol in (("f0_hz", 0.5), ("loudness_db", 0.1), ("power_db", 0.1)):
        np.testing.assert_allclose(measured[key][inner], expected[key][inner], atol=atol)


def test_prepared_examples_and_crops(prepared, high):
    example = example_files.load_example(*example_files.find_examples(prepared))
    assert example["rates"] == HIGH and len(example["audio"]) == 3 * len(example["audio_16k"])
    np.testing.assert_allclose(example["audio"], high, atol=1e-4)
    batch = example_files.CropProvider(prepared, crop_seconds=0.5, batch_size=3).batch(0)
    shapes = {key: x.shape for key, x in batch.items()}
    assert shapes["audio"] == (3, 24000) and shapes["audio_16k"] == (3, 8000)
    assert shapes["f0_hz"] == shapes["loudness_db"] == (3, 25)
    for audio, copy in zip(batch["audio"], batch["audio_16k"], strict=True):
        inner = slice(800, -800)
        again = soxr.resample(audio, 48000, 16000)
        np.testing.assert_allclose(again[inner], copy[inner], atol=1e-2)


def test_rates_are_not_mixed(prepared, small_gin, tmp_path):
    with pytest.raises(UserError, match="prepared with sample_rate 48000, frame_rate 50"):
        preparation.prepare([prepared.parent / "in.wav"], prepared, "yin", run=map)
    settings.parse_gin((small_gin,))
    with pytest.raises(UserError, match="but the model has 16000 Hz and 250 frames"):
        loop.train(models.get_model(), tmp_path / "run", prepared)
    settings.bind("Harmonic.sample_rate", 48000)
    with pytest.raises(UserError, match="64 samples a frame, but 48000 Hz"):
        models.get_model()


def test_a_model_of_one_length_says_which(prepared, tmp_path):
    settings.parse_gin(("ddsp/models/vst/vst_48k.gin",))
    settings.bind("train.crop_seconds", 0.5)
    model = models.get_model()
    assert model.rates == HIGH and model.crop_frames == 200
    with pytest.raises(UserError, match="made for 4 s, and the crops are 0.5 s"):
        loop.train(model, tmp_path / "run", prepared)


def test_power_is_measured_as_in_training(prepared, trained):
    example = example_files.load_example(*example_files.find_examples(prepared))
    batch = {key: example[key][None] for key in ("audio", "audio_16k", "f0_hz")}
    outputs = trained.model.preprocessor(batch)
    assert outputs["f0_hz"].shape == outputs["pw_scaled"].shape == (1, 151, 1)
    expected = loudness.compute_power(example["audio_16k"], 16000, 50, 1024)
    np.testing.assert_allclose(outputs["pw_scaled"][0, :, 0], expected / 80 + 1, atol=1e-5)
    read = scoring.as_the_model_reads(trained, example)
    np.testing.assert_allclose(read["power_db"], expected[:150], atol=1e-4)
    assert trained.statistics["mean_power"] == pytest.approx(
        float(np.mean(expected[:130])), abs=1e-3
    )


@pytest.mark.parametrize(
    "make, made",
    [
        (models.F0LoudnessPreprocessor, "loudness_db"),
        (lambda: models.OnlineF0PowerPreprocessor(compute_f0=False), "power_db"),
        (lambda: models.MfccTimeDistributedRnnEncoder(4, z_dims=2), "z"),
        (lambda: models.CrepeEncoder(filters=(2, 2), z_dims=3), "z"),
    ],
)
def test_the_copy_at_16_khz_is_enough(make, made):
    layer = make()
    audio = 0.1 * np.sin(np.arange(8000, dtype="float32")[None])
    frames = {"f0_hz": np.full((1, 125), 440.0, "float32"), "f0_scaled": np.ones((1, 125, 1))}
    one, other = (layer({**frames, key: audio})[made] for key in ("audio", "audio_16k"))
    np.testing.assert_array_equal(*map(keras.ops.convert_to_numpy, (one, other)))


def test_streams_what_the_whole_plays(prepared):
    """The frame on the end, which only the whole has, reaches into the last hop alone."""
    harmonic = synths.Harmonic(None, 48000, amp_resample_method="linear", frame_rate=50)
    dag = [
        (harmonic, ["amps", "harmonic_distribution", "f0_hz"]),
        (processors.Crop(960), ["harmonic/signal"]),
    ]
    keras.utils.set_random_seed(0)
    model = models.Autoencoder(
        preprocessor=models.OnlineF0PowerPreprocessor(50, compute_f0=False),
        decoder=models.RnnFcDecoder(8, ch=8, input_keys=("pw_scaled", "f0_scaled")),
        processor_group=processors.ProcessorGroup(dag),
    )
    example = example_files.load_example(*example_files.find_examples(prepared))
    batch = {key: example[key][None] for key in ("audio", "audio_16k", "f0_hz")}
    whole = keras.ops.convert_to_numpy(model(batch)["audio_synth"])[0]
    power_db = extraction.power(example["audio_16k"], 50, 1024)[:150]
    blocks = rendering.render(model, {**example, "power_db": power_db}, block_frames=40)
    blocks = np.concatenate(list(blocks))
    assert whole.shape == blocks.shape == (144000,)
    np.testing.assert_allclose(blocks[: -2 * 960], whole[: -2 * 960], atol=1e-4)


def test_plays_at_its_own_rate(trained, high):
    audio = DdspPlayer(trained, pitch={"method": "yin"}).render(high[:-7], 48000)
    assert len(audio) == len(high) - 7 and np.isfinite(audio).all() and audio.any()
    louder = DdspPlayer(trained, Adjustment(loudness_shift=12.0), {"method": "yin"})
    assert np.std(louder.render(high, 48000)) != np.std(audio)


def test_is_evaluated_at_its_own_rate(prepared, trained):
    fast = scoring.Tracker(frame_rate=50, capacity="tiny")
    scores = scoring.resynthesis(trained, example_files.load_folder(prepared), fast)
    assert all(np.isfinite(scores[key]) for key in ("spectral_loss", "loudness_l1_db"))
