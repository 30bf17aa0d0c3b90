"""Several notes at once: found, followed as voices, and played one by one."""

import importlib.util

import commands
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music.notes import Note
from audio_tt.pitch import note_network
from ddsp_tt.features import basic_pitch, voices
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import catalogue, instruments

RATE = 16000


def tone(pitch, seconds=1.0, level=0.2):
    """A note of eight harmonics with an attack and a release."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 440.0 * 2 ** ((pitch - 69) / 12)
    envelope = np.clip(np.minimum(time / 0.02, (seconds - time) / 0.05), 0.0, 1.0)
    sound = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in range(1, 9))
    return (level * envelope * sound).astype("float32")


def music(*chords):
    return np.concatenate([sum(tone(pitch) for pitch in chord) for chord in chords])


def likely(n_frames, *notes):
    """Likelihoods of (pitch, first frame, last frame)."""
    found = np.full((n_frames, note_network.HIGHEST - note_network.LOWEST + 1), 0.02, np.float32)
    for pitch, first, last in notes:
        found[first:last, pitch - note_network.LOWEST] = 0.95
    return found


@pytest.fixture(scope="module")
def chords():
    return music((60, 64, 67), (62, 65, 69), (59, 62, 67))


@pytest.fixture(scope="module")
def flute():
    return instruments.load(catalogue.folder("flute"))


def test_the_network_hears_the_notes_of_chords(chords):
    heard = note_network.likelihoods(chords) > 0.5
    assert heard.shape == (151, 61)
    for frame, chord in ((25, (60, 64, 67)), (75, (62, 65, 69)), (125, (59, 62, 67))):
        assert set(np.flatnonzero(heard[frame]) + note_network.LOWEST) == set(chord)
    assert not (note_network.likelihoods(np.zeros(RATE, "float32")) > 0.5).any()


def test_long_audio_is_heard_as_in_one_piece(chords, monkeypatch):
    whole = note_network.likelihoods(np.tile(chords, 3))
    monkeypatch.setattr(note_network, "_SEGMENT_SECONDS", 4.0)
    np.testing.assert_allclose(note_network.likelihoods(np.tile(chords, 3)), whole, atol=1e-5)


def test_notes_begin_and_end_with_their_likelihoods_and_blips_are_none():
    silent = np.zeros(4 * RATE, "float32")
    found = voices.notes_of(likely(201, (60, 50, 100), (64, 60, 62), (67, 75, 150)), silent)
    assert [(n.pitch, n.start, n.end) for n in found] == [(60, 1.0, 2.0), (67, 1.5, 3.0)]


def test_a_pitch_that_is_played_again_is_two_notes():
    audio = np.concatenate([tone(60), tone(60)])
    found = voices.notes_of(likely(101, (60, 0, 100)), audio)
    assert [round(note.start, 1) for note in found] == [0.0, 1.0]


def test_voices_are_as_many_as_play_nearly_all_notes():
    bass = [Note(40, 80, 0.0, 10.0)]
    line = [Note(60 + i, 80, float(i), i + 1.0) for i in range(10)]
    assert voices.count_voices(bass + line) == 2
    assert voices.count_voices([*bass, *line, Note(80, 80, 5.0, 5.2)]) == 2
    assert voices.count_voices([]) == 0


def test_each_voice_has_its_own_pitch_and_its_share_of_the_loudness():
    audio = np.concatenate([np.zeros(RATE, "float32"), tone(60.2) + tone(69, level=0.05)])
    followed = voices.follow(
        audio, 250, 500, likelihoods=lambda _: likely(101, (60, 50, 100), (69, 50, 100))
    )
    high, low = followed.f0_hz[:, 375]
    np.testing.assert_allclose([high, low], 440.0 * 2 ** (np.array([0, -8.8]) / 12), rtol=3e-3)
    shares = followed.share_db[:, 375]
    assert shares[1] > -2.0 and -15.0 < shares[0] < -6.0
    assert np.isneginf(followed.share_db[:, 200]).all()
    analysis = {"rates": None, "convention": "ddsp3", "power_window_length": None}
    analysis["rates"] = instruments.load(catalogue.folder("flute")).rates
    soft, loud = followed.features(audio, analysis)
    assert soft["loudness_db"][200] == -80.0 and soft["f0_confidence"][200] == 0.0
    assert loud["loudness_db"][375] > soft["loudness_db"][375] + 5.0


def test_chords_are_told_from_a_melody(chords):
    assert voices.are_chords(chords, note_network.likelihoods(chords))
    melody = music((60,), (64,), (67,))
    assert not voices.are_chords(melody, note_network.likelihoods(melody))


def spectrum_at(sound, pitch, second):
    part = sound[round(second * RATE) : round((second + 0.5) * RATE)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    place = round(440.0 * 2 ** ((pitch - 69) / 12) * 0.5)
    return spectrum[place - 2 : place + 3].max()


def test_auto_plays_chords_as_voices_and_says_so(flute, chords, caplog):
    caplog.set_level("INFO", logger="absl")
    sound = DdspPlayer(flute, Adjustment(keep_octave=True)).render(chords, RATE, "chords.wav")
    assert len(sound) == len(chords) and np.isfinite(sound).all()
    assert "chords.wav: several notes sound at once; 3 voices play" in caplog.text
    for second, chord in ((0.3, (60, 64, 67)), (1.3, (62, 65, 69))):
        for pitch in chord:
            assert spectrum_at(sound, pitch, second) > 5 * spectrum_at(sound, pitch + 1, second)


def test_auto_plays_one_voice_as_ever(flute):
    melody = music((60,), (64,), (67,))
    alone, auto = (DdspPlayer(flute, voices=v).render(melody, RATE) for v in (1, "auto"))
    np.testing.assert_array_equal(alone, auto)


def test_the_most_voices_that_are_wanted_play(flute, chords, caplog):
    caplog.set_level("INFO", logger="absl")
    DdspPlayer(flute, voices=2).render(chords, RATE)
    assert "2 voices play" in caplog.text


def test_silence_stays_silence_and_is_said(flute, caplog):
    sound = DdspPlayer(flute, voices=4).render(np.zeros(RATE, "float32"), RATE, "nothing.wav")
    assert len(sound) == RATE and not sound.any()
    assert "nothing.wav is silent" in caplog.text


def test_a_number_of_voices_that_is_none_is_refused(tmp_path):
    io.write(tmp_path / "in.wav", np.zeros(RATE, "float32"), RATE)
    words = ["in.wav", "out.wav", "--instrument=flute", "--voices=many"]
    result = commands.run("timbre_tt.transfer", *words, cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr == "error: --voices=many: write auto, or a number from 1 to 6\n"


def test_basic_pitch_says_how_to_get_it(monkeypatch):
    if importlib.util.find_spec("basic_pitch"):
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    basic_pitch._session.cache_clear()
    with pytest.raises(UserError, match="pip install --no-deps basic-pitch"):
        basic_pitch.likelihoods(np.zeros(RATE, "float32"))
