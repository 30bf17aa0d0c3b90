import numpy as np
import pytest
from absl import logging

from audio_tt import settings
from pix2pix_tt.configurables import models
from pix2pix_tt.fast import painter
from pix2pix_tt.playing import phases, transfer
from pix2pix_tt.trained import loading
from pix2pix_tt.training import steps

RATE = 44100
pytestmark = pytest.mark.usefixtures("fresh_gin")


@pytest.fixture(scope="module")
def trained(model_folder):
    return loading.load(model_folder)


@pytest.fixture(scope="module")
def conditioned(conditioned_folder):
    return loading.load(conditioned_folder)


@pytest.fixture(scope="module")
def stereo(melody):
    """2.1 s: 5.7 slices of the tiny model."""
    sounds = [melody(timbre, RATE, 2.1) for timbre in ("plucked", "bowed")]
    return np.stack(sounds, axis=1)


def in_blocks(trained, audio, size, **options):
    blocks = [audio[i : i + size] for i in range(0, len(audio), size)]
    return np.concatenate(list(transfer.play(trained, blocks, **options)))


def test_the_originals_audio(tmp_path, write_generator, melody, golden):
    write_generator(tmp_path / "generator.h5")
    trained = loading.load(tmp_path / "generator.h5")
    settings.parse_gin(["pix2pix/published.gin"])
    audio = transfer.render(trained, melody("plucked", RATE, 5.0), RATE)
    assert audio.shape == (golden["audio_out_len"],)
    assert np.abs(audio).max() == pytest.approx(1.0, abs=1e-6)
    wanted = golden["audio_out_first"] / golden["audio_out_peak"]
    np.testing.assert_allclose(audio[:RATE], wanted, atol=1e-5)


def test_the_painter_draws_what_the_generator_draws():
    network = models.unet_generator(
        channels=2, down_filters=(4, 40, 8), up_filters=(36, 4), initial_deviation=0.0
    )
    random = np.random.default_rng(0)
    images = random.normal(size=(3, 16, 24, 2)).astype(np.float32)
    plain = steps.forward_pass(lambda x: network(x, training=False), network.variables)
    for _ in range(2):  # it follows training
        for variable in network.weights:
            values = random.normal(0.0, 0.2, variable.shape)
            variable.assign(np.abs(values) if variable.name == "moving_variance" else values)
        drawn = painter.Painter(network)(images)
        wanted = np.asarray(plain(images))
        assert np.abs(wanted).std() > 0.05
        np.testing.assert_allclose(drawn, wanted, atol=5e-5)


@pytest.mark.parametrize("phase", phases.METHODS)
@pytest.mark.parametrize("block_size", [777, 30_000])
def test_blocks_are_the_whole(phase, block_size, trained, stereo):
    settings.bind("Transfer.phase", phase)
    settings.bind("GriffinLim.n_iter", 4)
    settings.bind("Blending.overlap_frames", 8)
    whole = in_blocks(trained, stereo, len(stereo))
    parts = in_blocks(trained, stereo, block_size)
    assert whole.shape == stereo.shape and np.abs(whole).max() > 0.01
    np.testing.assert_allclose(parts, whole, atol=1e-4 * np.abs(whole).max())


def test_channels_do_not_mix(trained, stereo):
    both = transfer.render(trained, stereo, RATE)
    left, right = (transfer.render(trained, stereo[:, i], RATE) for i in range(2))
    np.testing.assert_allclose(both, np.stack([left, right], axis=1), atol=1e-5)
    assert np.abs(left - right).max() > 0.01
    settings.bind("Transfer.mono", True)
    mixed = transfer.render(trained, stereo, RATE)
    alone = transfer.render(trained, stereo.mean(axis=1), RATE)
    assert mixed.shape == (len(stereo), 1)
    np.testing.assert_allclose(mixed[:, 0], alone, atol=1e-5)


@pytest.mark.parametrize("length", [1, 100, 1024, 1025, 16_383, 16_384, 30_000])
def test_any_length_comes_back(length, trained, stereo):
    audio = stereo[5000 : 5000 + length, 0]
    output = transfer.render(trained, audio, RATE)
    assert output.shape == (length,) and np.isfinite(output).all()
    assert np.abs(output[-600:]).max() < 4 * np.abs(output).mean() + 0.2  # no click at the end
    settings.bind("Transfer.keep_length", False)
    assert len(transfer.render(trained, audio, RATE)) == max(length, 1024) // 512 * 512


def test_other_sample_rates(trained, stereo):
    output = transfer.render(trained, stereo[:20_000], 16_000)
    assert output.shape == (55125, 2)


def test_peak_normalisation(trained, stereo):
    plain = transfer.render(trained, stereo, RATE)
    settings.bind("Transfer.normalise_peak", True)
    loud = transfer.render(trained, stereo, RATE)
    np.testing.assert_allclose(loud, plain / np.abs(plain).max(), atol=1e-6)


@pytest.fixture
def warnings(monkeypatch):
    lines = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: lines.append(text % values))
    return lines


@pytest.mark.parametrize("peak", [0.0, 5e-5])
def test_silence_stays_silence(peak, trained, warnings):
    audio = np.full(30_000, peak, np.float32)
    output = transfer.render(trained, audio, RATE, name="in.wav")
    assert output.shape == audio.shape and not output.any()
    assert warnings == ["in.wav is silent, so the output is silence"]
    settings.parse_gin(["pix2pix/published.gin"])
    output = transfer.render(trained, audio[:700], RATE)
    assert output.shape == (1024,) and not output.any()


def test_a_silent_beginning_is_no_silence(trained, stereo, warnings):
    late = np.concatenate([np.zeros((100_000, 2), np.float32), stereo[:5000]])
    output = in_blocks(trained, late, 10_000)
    assert output.shape == late.shape and np.abs(output).max() > 0.01
    assert list(transfer.play(trained, [])) == [] and not warnings


def test_the_style_is_seen(conditioned, stereo):
    audio = stereo[:30_000, 0]
    one, other = (
        transfer.render(conditioned, audio, RATE, conditioned.styles[name])
        for name in ("guitar", "harp")
    )
    assert np.abs(one - other).max() > 1e-3
