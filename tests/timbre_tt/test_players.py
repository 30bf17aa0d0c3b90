"""What every player promises, tried on each that exists: as much out as in, whatever comes in."""

import functools

import numpy as np
import pytest

from timbre_tt import systems

SECONDS = 0.5
# One included instrument of each system that has several; the rest of a name is the way to play.
INSTRUMENTS = {
    "ddsp": "flute",
    "pix2pix": "guitar_acoustic",
    "autoencoder": "flute",
    "style": "flute",
}
OPTIONS = {"style": {"steps": 5}}  # what it promises does not depend on how long it learns
pytestmark = pytest.mark.parametrize("system", systems.NAMES)


@functools.cache
def player(system):
    """The player of a system; it stays loaded, so that a test can load others beside it."""
    return systems.player(system, INSTRUMENTS[system], **OPTIONS.get(system, {}))


def tone(sample_rate, seconds=SECONDS, hz=440.0):
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    sound = sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 8))
    return (0.2 * np.minimum(1, np.minimum(t, t[-1] - t) / 0.05) * sound).astype(np.float32)


def play(one, audio, block_size):
    """Plays mono audio at the player's rate, in blocks of a length."""
    sound = audio[:, None] if one.keeps_channels else audio
    blocks = (sound[i : i + block_size] for i in range(0, len(sound), block_size))
    played = list(one.play(blocks, "a tone"))
    assert all(block.dtype == np.float32 and block.ndim == sound.ndim for block in played)
    return np.concatenate(played)


def warnings(caplog):
    return [record for record in caplog.records if record.levelname == "WARNING"]


def test_it_says_what_it_plays(system):
    one = player(system)
    assert isinstance(one.sample_rate, int) and 8000 <= one.sample_rate <= 96000
    assert isinstance(one.keeps_channels, bool)


def test_blocks_of_any_size_give_the_same(system):
    one = player(system)
    audio = tone(one.sample_rate)
    whole = play(one, audio, len(audio))
    assert len(whole) == len(audio) and np.isfinite(whole).all() and np.abs(whole).max() > 0.01
    for block_size in (777, 10**6):
        parts = play(one, audio, block_size)
        assert len(parts) == len(audio)
        np.testing.assert_allclose(parts, whole, atol=1e-4)


def test_single_samples_are_a_stream_too(system):
    one = player(system)
    audio = tone(one.sample_rate, 0.05)
    assert len(play(one, audio, 1)) == len(audio)


@pytest.mark.parametrize("rate", [11025, 48000])
@pytest.mark.parametrize("channels", [1, 2])
def test_rate_and_channels(system, rate, channels):
    one = player(system)
    audio = np.stack([tone(rate)] * channels, axis=1)
    played = one.render(audio, rate)
    samples = -(-len(audio) * one.sample_rate // rate)
    assert played.shape == ((samples, channels) if one.keeps_channels else (samples,))
    assert one.render(audio[:, 0], rate).shape == (samples,)


@pytest.mark.parametrize("samples", [1, 400])
def test_little_is_played(system, samples):
    one = player(system)
    audio = tone(one.sample_rate)[1000 : 1000 + samples]
    assert play(one, audio, 64).size == samples
    assert one.render(audio, one.sample_rate).shape == (samples,)


def test_silence_stays_silence_with_one_warning(system, caplog):
    one = player(system)
    silence = np.zeros(round(SECONDS * one.sample_rate), np.float32)
    played = play(one, silence, 4096)
    assert played.size == silence.size and not played.any()
    assert len(warnings(caplog)) == 1


def test_what_is_no_number_is_passed_over(system):
    one = player(system)
    audio = tone(one.sample_rate)
    audio[[100, 2000]] = np.nan, np.inf
    played = one.render(audio, one.sample_rate)
    assert len(played) == len(audio) and np.isfinite(played).all() and played.any()
    nothing = np.full(4000, np.nan, np.float32)
    assert not one.render(nothing, one.sample_rate).any()


def test_two_channels_that_cancel_are_heard(system):
    one = player(system)
    audio = tone(one.sample_rate)
    played = one.render(np.stack([audio, -audio], axis=1), one.sample_rate)
    assert len(played) == len(audio) and np.abs(played).max() > 0.01


def test_it_says_what_it_was_loaded_from(system):
    """The same again of the same instrument, whatever was loaded in between, and of no other."""
    text = systems.player(system, INSTRUMENTS[system]).origin.text()
    others = [name for name in systems.load(system).instruments() if name != INSTRUMENTS[system]]
    assert systems.player(system, others[0]).origin.text() != text
    assert "sha256" in text and " = " in text
    assert systems.player(system, INSTRUMENTS[system]).origin.text() == text


def test_another_player_changes_nothing(system):
    one = player(system)
    audio = tone(one.sample_rate)
    before = play(one, audio, 4096)
    for other in systems.NAMES:
        if other != system:
            player(other)
    other = next(name for name in systems.load(system).instruments() if name != INSTRUMENTS[system])
    systems.player(system, other)
    np.testing.assert_array_equal(play(one, audio, 4096), before)
