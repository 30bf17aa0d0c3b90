"""Whistle to trumpet: the encoder of one instrument, frozen, and the decoder of another."""

import commands
import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.training.run_directory import RunDirectory
from ddsp_tt import losses
from ddsp_tt.configurables import models, two_stage
from ddsp_tt.data import preparation
from ddsp_tt.models import crepe_encoder
from ddsp_tt.models.crepe_encoder import SOURCE, TARGET, DomainNorm
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.synthesis import processors
from ddsp_tt.trained import loading

TINY = """
include 'ddsp/whistle_cured.gin'
CrepeEncoder.filters = (2, 2)
CrepeEncoder.z_dims = 3
RnnFcDecoder.rnn_channels = 8
RnnFcDecoder.ch = 8
RnnFcDecoder.layers_per_stack = 1
n_harmonics = 6
SpectralLoss.fft_sizes = (512, 64)
train.batch_size = 2
train.crop_seconds = 0.25
train.steps_per_summary = 1
train.steps_per_save = 1
train_two_stage.source_steps = 2
train_two_stage.target_steps = 2
"""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, melody):
    """Two instruments: the melody, and the same with another spectrum."""
    folder = tmp_path_factory.mktemp("sets")
    for name, audio in (("source", melody), ("target", np.sign(melody) * melody**2)):
        io.write(folder / name / "in.wav", audio[:24000], 16000)
        preparation.prepare([folder / name], folder / f"{name}_prepared")
    return folder / "source_prepared", folder / "target_prepared"


def train(folder, prepared, **steps):
    gin_file = folder.parent / "tiny.gin"
    gin_file.write_text(TINY)
    settings.parse_gin((gin_file,))
    two_stage.train_two_stage(folder, *prepared, **steps)
    return folder


@pytest.fixture(scope="module")
def cured(tmp_path_factory, prepared):
    return train(tmp_path_factory.mktemp("runs") / "cured", prepared)


def encoder_of(folder):
    return {
        variable.path: ops.convert_to_numpy(variable)
        for variable in loading.load(folder).model.encoder.weights
    }


def test_the_target_keeps_the_encoder_of_the_source(cured):
    source, target = encoder_of(cured / "source"), encoder_of(cured)
    assert source.keys() == target.keys()
    for path, before in source.items():
        after = target[path]
        if "z_norm" in path:
            np.testing.assert_array_equal(after[SOURCE], before[SOURCE])
            assert (after[TARGET] != before[TARGET]).all()
        else:
            np.testing.assert_array_equal(after, before)


def test_the_decoder_is_trained_anew(cured):
    source, target = (loading.load(folder).model.decoder for folder in (cured / "source", cured))
    assert np.abs(source.dense_out.kernel - target.dense_out.kernel).max() > 0.01


def test_both_stages_leave_their_history(cured):
    for folder in (cured / "source", cured):
        history = RunDirectory(folder).history()
        assert [row["step"] for row in history] == [1, 2]
        assert all(np.isfinite(row["loss"]) for row in history)


def equal(one, other):
    pairs = zip(loading.load(one).model.weights, loading.load(other).model.weights, strict=True)
    for a, b in pairs:
        np.testing.assert_allclose(ops.convert_to_numpy(a), ops.convert_to_numpy(b), atol=1e-5)


@pytest.mark.slow
def test_a_run_that_was_stopped_in_stage_2_goes_on(cured, prepared, tmp_path):
    train(tmp_path / "run", prepared, target_steps=1)
    equal(cured, train(tmp_path / "run", prepared))


def test_each_stage_begins_from_the_same_stage_of_another_model(cured, prepared, tmp_path):
    begun = train(
        tmp_path / "run", prepared, source_steps=0, target_steps=0, seed=7, start_from=cured
    )
    equal(cured / "source", begun / "source")
    decoders = (loading.load(folder).model.decoder for folder in (cured, begun))
    for before, after in zip(*(decoder.weights for decoder in decoders), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.slow
def test_a_run_that_was_stopped_in_stage_1_goes_on(cured, prepared, tmp_path):
    with pytest.raises(UserError):  # its target is not there yet
        train(tmp_path / "run", (prepared[0], tmp_path / "none"), source_steps=1)
    equal(cured, train(tmp_path / "run", prepared))


@pytest.mark.slow
def test_the_command_takes_recordings_and_urmp(tmp_path, melody):
    """The track of the trumpet alone is prepared, whatever else the piece's folder holds."""
    io.write(tmp_path / "whistling" / "in.wav", melody[:24000], 16000)
    piece = tmp_path / "urmp" / "Dataset" / "03_Dance_fl_tpt"
    for track in ("AuSep_1_fl_03_Dance", "AuSep_2_tpt_03_Dance", "AuMix_03_Dance_fl_tpt"):
        io.write(piece / f"{track}.wav", melody[:24000], 16000)
    (tmp_path / "tiny.gin").write_text(TINY)
    command = ["ddsp_tt.train_two_stage", "--source_dir=whistling"]
    command += ["--target_dir=urmp", "--target_urmp=trumpet", "--name=mine", "--f0_method=yin"]
    assert commands.run(*command, "--gin_file=tiny.gin", cwd=tmp_path).returncode == 0
    examples = list((tmp_path / "runs" / "mine" / "data" / "target").glob("*.npz"))
    assert [path.stem.rsplit("_", 2)[0] for path in examples] == ["AuSep_2_tpt_03_Dance"]
    assert loading.load(tmp_path / "runs" / "mine").statistics is not None


def test_all_folders_are_prepared_and_what_cannot_be_read_is_told_at_the_end(tmp_path, melody):
    code = """
from audio_tt.command import app
from ddsp_tt import train_two_stage
from ddsp_tt.training import two_stage

two_stage.train_two_stage = lambda run_dir, *folders, **options: print(*folders)
train_two_stage.name_flags.finish = lambda *model: None
app.run(train_two_stage.main)
"""
    io.write(tmp_path / "whistling" / "in.wav", melody[:8000], 16000)
    (tmp_path / "whistling" / "broken.wav").write_text("no sound")
    for folder in ("urmp", "urmp_held_out"):
        for track in ("AuSep_1_fl_03_Dance", "AuSep_2_tpt_03_Dance"):
            io.write(tmp_path / folder / "03_Dance_fl_tpt" / f"{track}.wav", melody[:8000], 16000)
    words = ["--source_dir=whistling", "--target_dir=urmp", "--target_eval_dir=urmp_held_out"]
    words += ["--target_urmp=trumpet", "--name=mine", "--f0_method=yin", "--processes=1"]
    result = commands.run("-c", code, *words, cwd=tmp_path)
    assert result.returncode == 1 and "broken.wav" in result.stderr, result.stderr
    data = "runs/mine/data"
    assert result.stdout.split() == [
        f"{data}/source",
        f"{data}/target",
        "None",
        f"{data}/target_eval",
    ]
    for folder in ("target", "target_eval"):
        (example,) = (tmp_path / data / folder).glob("*.npz")
        assert example.name.startswith("AuSep_2_tpt")


def test_the_published_model_reads_the_latent_alone():
    settings.parse_gin(("ddsp/whistle_published.gin",))
    model = loading.build(models.get_model())
    assert model.decoder.input_keys == ("z",)
    audio = np.zeros((1, 1024), "float32")
    unused = np.zeros((1, 16), "float32")
    outputs = model({"audio": audio, "f0_hz": unused, "loudness_db": unused})
    f0_hz = ops.convert_to_numpy(outputs["log_frequency"]["signal"])
    assert f0_hz.shape == (1, 16, 1)
    assert 32.7 < f0_hz.min() <= f0_hz.max() < 2093.0


def test_without_an_encoder_one_line_says_what_to_do(tmp_path, prepared, small_gin):
    settings.parse_gin((small_gin,))
    with pytest.raises(UserError, match="whistle_cured"):
        two_stage.train_two_stage(tmp_path / "run", *prepared)


@pytest.mark.parametrize("options", [{}, {"windowed": True}, {"hop_length": 64}])
@pytest.mark.parametrize("n_frames", [1, 7, 16])
def test_a_latent_for_every_frame(options, n_frames):
    encoder = models.CrepeEncoder(filters=(2, 2), z_dims=3, **options)
    audio = np.random.default_rng(0).standard_normal((2, n_frames * 64)).astype("float32")
    z = ops.convert_to_numpy(encoder({"audio": audio})["z"])
    assert z.shape == (2, n_frames, 3)
    longer = np.pad(audio, ((0, 0), (0, 640)))
    np.testing.assert_allclose(
        encoder({"audio": longer})["z"][:, :n_frames:4], z[:, ::4], atol=1e-5
    )


@pytest.mark.parametrize("windowed", [False, True])
def test_the_latent_of_a_recording_is_that_of_the_model(windowed, monkeypatch):
    monkeypatch.setattr(crepe_encoder, "_BLOCK_LATENTS", 3)
    encoder = models.CrepeEncoder(filters=(2, 2), z_dims=3, windowed=windowed)
    audio = np.random.default_rng(0).standard_normal(30 * 64).astype("float32")
    expected = encoder({"audio": audio[None]})["z"][0]
    np.testing.assert_allclose(encoder.measure({"audio": audio}, 30), expected, atol=1e-5)


def test_any_recording_is_played_through_the_trained_model(cured, melody):
    trained = loading.load(cured)
    audio = DdspPlayer(trained).render(melody, 16000)
    assert audio.shape == melody.shape
    assert np.isfinite(audio).all()
    assert audio.std() > 1e-6


def test_level_is_in_the_latent_only_where_frames_are_left_as_they_are():
    audio = 0.2 * np.random.default_rng(0).standard_normal((1, 1024)).astype("float32")
    for normalize, same in ((True, True), (False, False)):
        keras.utils.set_random_seed(1)
        encoder = models.CrepeEncoder(filters=(2, 2), z_dims=3, normalize_frames=normalize)
        z = [ops.convert_to_numpy(encoder({"audio": gain * audio})["z"]) for gain in (1.0, 0.25)]
        assert np.allclose(*z, atol=1e-3) == same


def test_domains_have_statistics_of_their_own():
    norm = DomainNorm()
    x = np.random.default_rng(0).standard_normal((4, 30, 2)).astype("float32")
    for domain, offset in ((SOURCE, -3.0), (TARGET, 5.0)):
        norm.domain = domain
        seen = 2.0 * x + offset
        whitened = (seen - seen.mean((0, 1))) / seen.std((0, 1))
        np.testing.assert_allclose(norm(seen, training=True), whitened, atol=1e-4)
        np.testing.assert_allclose(norm.mean[domain], 0.01 * seen.mean((0, 1)), rtol=1e-4)
        expected = 0.99 + 0.01 * seen.var((0, 1))
        np.testing.assert_allclose(norm.variance[domain], expected, rtol=1e-4)
        shifted = (seen - norm.mean[domain]) / np.sqrt(norm.variance[domain])
        np.testing.assert_allclose(norm(seen), shifted, atol=1e-3)


def test_silence_costs_and_loudness_does_not():
    loud = 0.3 * np.sin(np.arange(4000) / 5)[None].astype("float32")
    loss = losses.SilenceLoss(weight=0.1)
    assert float(loss(loud, 0.1 * loud)) == pytest.approx(0.1 * 20.0, rel=0.01)
    assert float(loss(loud, loud)) == pytest.approx(0.0, abs=1e-4)
    assert float(loss(0.1 * loud, loud)) == 0.0


def test_frequencies_lie_between_the_limits_on_a_logarithmic_scale():
    layer = processors.LogFrequency(100.0, 1600.0)
    raw = np.array([-50.0, 0.0, 50.0], "float32")[None, :, None]
    np.testing.assert_allclose(layer(raw)[0, :, 0], [100.0, 400.0, 1600.0], rtol=1e-4)
