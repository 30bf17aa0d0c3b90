import tracemalloc

import numpy as np
import pytest
from absl import logging

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models.compilation import compiled
from pix2pix_tt import fast
from pix2pix_tt.configurables import models
from pix2pix_tt.playing import phases, player, published
from pix2pix_tt.playing.player import Pix2PixPlayer
from pix2pix_tt.trained import catalogue

RATE = 44100
pytestmark = pytest.mark.usefixtures("fresh_gin")


@pytest.fixture(scope="module")
def stereo(melody):
    """2.1 s: 5.7 slices of the tiny model."""
    sounds = [melody(timbre, RATE, 2.1) for timbre in ("plucked", "bowed")]
    return np.stack(sounds, axis=1)


def in_blocks(played, audio, size):
    blocks = [audio[i : i + size] for i in range(0, len(audio), size)]
    return np.concatenate(list(played.play(blocks)))


def test_the_originals_audio(tmp_path, write_generator, melody, golden):
    write_generator(tmp_path / "generator.h5")
    played = player.load(
        tmp_path / "generator.h5", gin_files=["pix2pix/published.gin"], whole_hops=True
    )
    blocks = played.play([melody("plucked", RATE, 5.0)[:, None]])
    audio = np.concatenate(list(published.normalised(blocks)))[:, 0]
    assert audio.shape == (golden["audio_out_len"],)
    assert np.abs(audio).max() == pytest.approx(1.0, abs=1e-6)
    wanted = golden["audio_out_first"] / golden["audio_out_peak"]
    np.testing.assert_allclose(audio[:RATE], wanted, atol=1e-5)


@pytest.mark.parametrize("is_fast", [True, False])
def test_what_is_drawn_is_what_the_generator_draws(is_fast, monkeypatch):
    monkeypatch.setattr(fast, "is_on", lambda: is_fast)
    network = models.unet_generator(
        channels=2, down_filters=(4, 40, 8), up_filters=(36, 4), initial_deviation=0.0
    )
    random = np.random.default_rng(0)
    images = random.normal(size=(3, 16, 24, 2)).astype(np.float32)
    plain = compiled(lambda x: network(x, training=False), network.variables)
    for _ in range(2):  # it follows training
        for variable in network.weights:
            values = random.normal(0.0, 0.2, variable.shape)
            variable.assign(np.abs(values) if variable.name == "moving_variance" else values)
        drawn = fast.drawing(network)(images)
        wanted = np.asarray(plain(images))
        assert np.abs(wanted).std() > 0.05
        np.testing.assert_allclose(drawn, wanted, atol=5e-5)


@pytest.mark.parametrize("phase", phases.METHODS)
def test_blocks_are_the_whole(phase, model_folder, stereo):
    played = player.load(
        model_folder, phase=phase, overlap_frames=8, gin_params=["GriffinLim.n_iter = 4"]
    )
    whole = in_blocks(played, stereo, len(stereo))
    assert whole.shape == stereo.shape and np.abs(whole).max() > 0.01
    for size in (777, 30_000):
        parts = in_blocks(played, stereo, size)
        np.testing.assert_allclose(parts, whole, atol=1e-4 * np.abs(whole).max())


def test_channels_do_not_mix_and_do_not_cancel(trained, stereo):
    played = Pix2PixPlayer(trained)
    both = played.render(stereo, RATE)
    left, right = (played.render(stereo[:, i], RATE) for i in range(2))
    np.testing.assert_allclose(both, np.stack([left, right], axis=1), atol=1e-5)
    assert np.abs(left - right).max() > 0.01
    opposite = played.render(np.stack([stereo[:, 0], -stereo[:, 0]], axis=1), RATE)
    np.testing.assert_allclose(opposite, np.stack([left, -left], axis=1), atol=1e-4)


@pytest.mark.parametrize("length", [1, 100, 1024, 1025, 16_384, 30_000])
def test_any_length_comes_back(length, trained, stereo):
    audio = stereo[5000 : 5000 + length, 0]
    output = Pix2PixPlayer(trained).render(audio, RATE)
    assert output.shape == (length,) and np.isfinite(output).all()
    assert np.abs(output[-600:]).max() < 4 * np.abs(output).mean() + 0.2  # no click at the end
    original = Pix2PixPlayer(trained, whole_hops=True).render(audio, RATE)
    assert len(original) == max(length, 1024) // 512 * 512


def test_other_sample_rates(trained, stereo):
    output = Pix2PixPlayer(trained).render(stereo[:20_000], 16_000)
    assert output.shape == (55125, 2)


def test_not_finite_samples_count_as_zeros(trained, stereo):
    bad, cleaned = stereo[:20_000].copy(), stereo[:20_000].copy()
    bad[5000:5010] = np.nan
    bad[9000, 1] = np.inf
    cleaned[~np.isfinite(bad)] = 0.0
    played = Pix2PixPlayer(trained)
    np.testing.assert_array_equal(played.render(bad, RATE), played.render(cleaned, RATE))


@pytest.fixture
def warnings(monkeypatch):
    lines = []
    monkeypatch.setattr(logging, "warning", lambda text, *values: lines.append(text % values))
    return lines


@pytest.mark.parametrize("value", [0.0, 5e-5, np.nan])
def test_silence_stays_silence(value, trained, warnings):
    audio = np.full(30_000, value, np.float32)
    output = Pix2PixPlayer(trained).render(audio, RATE, name="in.wav")
    assert output.shape == audio.shape and not output.any()
    assert warnings[-1] == "in.wav is silent, so the output is silence"
    assert len(warnings) == (2 if np.isnan(value) else 1)  # what was not a number is said first
    output = Pix2PixPlayer(trained, whole_hops=True).render(audio[:700], RATE)
    assert output.shape == (1024,) and not output.any()


def test_a_quiet_beginning_is_no_silence(trained, stereo, warnings):
    noise = np.random.default_rng(0).uniform(-9e-5, 9e-5, (40_000, 2)).astype(np.float32)
    late = np.concatenate([noise, stereo[:5000]])
    played = Pix2PixPlayer(trained)
    output = in_blocks(played, late, 3000)
    assert output.shape == late.shape and np.abs(output).max() > 0.01
    np.testing.assert_allclose(output, in_blocks(played, late, len(late)), atol=1e-5)
    assert list(played.play([])) == [] and not warnings


def test_memory_does_not_grow_below_the_noise_floor(trained):
    block = np.full((50_000, 2), 5e-5, np.float32)
    tracemalloc.start()
    for _ in Pix2PixPlayer(trained).play(block.copy() for _ in range(60)):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * block.nbytes


def test_the_style_is_seen(conditioned, stereo):
    audio = stereo[:30_000, 0]
    one, other = (
        Pix2PixPlayer(conditioned, conditioned.styles[name]).render(audio, RATE)
        for name in ("guitar", "harp")
    )
    assert np.abs(one - other).max() > 1e-3


def test_a_player_keeps_its_settings(model_folder, conditioned_folder, stereo):
    """Whatever else is loaded, or read by gin, between two recordings."""
    audio = stereo[:30_000, 0]
    played = player.load(model_folder, phase="zero", overlap_frames=0)
    before = played.render(audio, RATE)
    player.load(conditioned_folder, style="harp", gin_files=["pix2pix/published.gin"])
    settings.parse_gin(parameters=["SliceSpectrogram.log_gain = 10.0", "Transfer.phase = 'random'"])
    np.testing.assert_array_equal(played.render(audio, RATE), before)
    assert np.abs(before - player.load(model_folder).render(audio, RATE)).max() > 1e-3


def test_included_models_do_not_change_each_other(stereo):
    audio = stereo[:RATE, 0]
    players = {name: player.load(name) for name in catalogue.MODELS.shipped()}
    before = {name: played.render(audio, RATE) for name, played in players.items()}
    for name in reversed(players):
        player.load(name)
        for other, played in players.items():
            np.testing.assert_array_equal(played.render(audio, RATE), before[other])
    flute, guitar = before["flute"], before["guitar_acoustic"]
    assert np.abs(flute - guitar).max() > 0.01


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("Transfer.phase = 'flat'", "unknown phase 'flat'"),
        ("Transfer.mono = 1", "Transfer.mono is 1; it must be True or False"),
        ("Blending.overlap_frames = 'few'", "Blending.overlap_frames is 'few'; it must be"),
        ("Blending.overlap_frames = 32", "32 frames cannot overlap in slices of 32; use 0 to 31"),
        ("GriffinLim.n_iter = 2.5", "GriffinLim.n_iter is 2.5; it must be a whole number"),
    ],
)
def test_settings_that_cannot_be_are_named(parameter, words, model_folder):
    with pytest.raises(UserError, match=words):
        player.load(model_folder, gin_params=[parameter])
