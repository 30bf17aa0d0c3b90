"""What the page does, without the page."""

import os
import shutil
import time

import numpy as np
import pretty_midi
import pytest
import soundfile
from absl import logging

from audio_tt.errors import UserError
from audio_tt.playing.player import Player
from ddsp_tt.features import extraction
from ddsp_tt.trained import catalogue as ddsp_catalogue
from timbre_tt import systems
from timbre_tt.page import examples, interface, layout, offers
from timbre_tt.page.limits import Limits
from timbre_tt.page.places import Places
from timbre_tt.page.players import Kept, Players, Tuning
from timbre_tt.page.serving import Address
from timbre_tt.page.transfers import Studio, Wish

RATE = 16000


def tone(seconds=1.0, f0_hz=440.0):
    t = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * sum(np.sin(2 * np.pi * k * f0_hz * t) / k for k in range(1, 6))).astype("float32")


@pytest.fixture
def recording(tmp_path):
    soundfile.write(tmp_path / "mine.wav", tone(), RATE, "FLOAT")
    return tmp_path / "mine.wav"


def test_every_instrument_has_a_card_of_one_line():
    cards = {name: offers.card(name) for name in offers.instruments()}
    assert {"flute", "violin", "guitar_acoustic"} <= set(cards)
    assert all("\n" not in card and len(card) < 120 for card in cards.values())
    assert cards["flute"] == (
        "Flute: a flute to 8 kHz, learned from a SoundFont; takes one voice of any kind."
    )
    assert offers.card("flute", "style").endswith("; takes anything, chords too.")
    assert offers.title("flute_48k") == "Flute 48 kHz"


def test_an_instrument_of_ones_own_without_a_card(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path))
    (tmp_path / "ddsp" / "my_sax").mkdir(parents=True)
    (tmp_path / "ddsp" / "my_sax" / "model.h5").touch()
    assert offers.instruments()["my_sax"] == "My sax"
    assert offers.card("my_sax") == "My sax: takes one voice of any kind."


def test_the_system_that_plays_an_instrument():
    assert offers.system_for("flute") == "ddsp"
    assert offers.system_for("flute", "autoencoder") == "autoencoder"
    with pytest.raises(UserError, match="ddsp does not play the guitar_acoustic; pix2pix and styl"):
        offers.system_for("guitar_acoustic", "ddsp")
    with pytest.raises(UserError, match="no instrument is called 'kazoo'; there are: clarinet"):
        offers.system_for("kazoo")
    with pytest.raises(UserError, match="no system is called 'wavenet'; there are: best, ddsp"):
        offers.system_for("flute", "wavenet")
    assert offers.cards(["oboe"], "pix2pix") == [
        "Oboe: pix2pix does not play the oboe; ddsp and style do."
    ]


def test_uploads_that_are_not_taken(recording):
    folder = str(recording.parent)
    assert Limits(minutes=0.1).check(recording) == recording
    (recording.parent / "words.wav").write_text("no sound " * 100)
    for limits, path, message in [
        (Limits(minutes=0.01), recording, "mine.wav is 0.0 minutes long; this page takes 0.01"),
        (Limits(megabytes=0.01), recording, "mine.wav is larger than 0.01 MB"),
        (Limits(), recording.with_name("words.wav"), "words.wav: is not a sound file"),
        (Limits(), recording.with_name("none.wav"), "none.wav: cannot be read: No such file"),
        (Limits(), None, "there is no recording yet"),
    ]:
        with pytest.raises(UserError) as caught:
            limits.check(path)
        assert str(caught.value).startswith(message) and folder not in str(caught.value)


def test_what_is_kept_is_made_once_and_the_oldest_goes():
    kept, made = Kept(2), []

    def get(key):
        return kept.get(key, lambda: made.append(key) or key.upper())

    assert [get(key) for key in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]  # b had not been used for longest when c came
    assert kept.find("a") == "A" and kept.find("c") is None


class Halved(Player):
    sample_rate = RATE
    keeps_channels = True

    def play(self, blocks, name="the recording"):
        logging.warning("%s: played at half the level", name)
        yield from (0.5 * block for block in blocks)


@pytest.fixture
def studio(monkeypatch):
    monkeypatch.setattr(systems, "player", lambda system, instrument, **options: Halved())
    return Studio(Limits(instruments=2))


def test_sounds_come_one_after_the_other(studio, recording, tmp_path):
    told, folder = [], tmp_path / "out"
    wish = Wish(recording, ["guitar_acoustic"], style=recording)
    lists = list(studio.play(wish, folder, lambda share, what: told.append((share, what))))
    labels = ["Input", "Guitar acoustic", "In the style of mine"]
    assert [[sound.label for sound in sounds] for sounds in lists] == [labels[:2], labels]
    source, first, _ = lists[-1]
    assert (source.system, first.system) == (None, "pix2pix")
    assert source.notes == () and first.notes == ("mine.wav: played at half the level",)
    for kind in ("wav", "flac"):
        played, rate = soundfile.read(first.files[kind])
        assert rate == RATE and soundfile.info(first.files[kind]).subtype == "PCM_24"
        np.testing.assert_allclose(played, 0.5 * tone(), atol=1e-6)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and 0.0 < shares[0] and shares[-1] == 1.0
    assert told[0][1].startswith("Guitar acoustic: ")
    assert told[-1][1] == "In the style of mine: playing"


def test_a_wish_that_cannot_be_met_is_told_before_anything_is_played(studio, recording, tmp_path):
    for wish, message in [
        (Wish(recording, ["flute", "oboe", "violin"]), "choose 2 instruments at most"),
        (Wish(recording), "choose an instrument"),
        (Wish(recording, ["kazoo"]), "no instrument is called 'kazoo'"),
        (Wish(recording, style=tmp_path / "none.wav"), "none.wav: cannot be read: No such file"),
        (Wish(None, ["flute"]), "there is no recording yet"),
    ]:
        with pytest.raises(UserError, match=message):
            next(studio.play(wish, tmp_path / "out"))
    with pytest.raises(UserError, match="wav, flac or mid, not as 'mp3'"):
        studio.play_one(Wish(recording, ["flute"]), tmp_path / "out", "mp3", lambda *_: None)
    assert not (tmp_path / "out").exists()


def test_a_recording_is_listened_to_once_for_all_instruments_of_a_kind(
    recording, tmp_path, monkeypatch
):
    listened, extract = [], extraction.extract_blocks

    def counted(*arguments, **options):
        listened.append(1)
        return extract(*arguments, **options)

    monkeypatch.setattr(extraction, "extract_blocks", counted)
    studio, wish = Studio(), Wish(recording, ["flute", "violin"])
    *_, sounds = studio.play(wish, tmp_path / "one")
    assert len(listened) == 1
    *_, again = studio.play(Wish(recording, ["violin"]), tmp_path / "two")
    assert len(listened) == 1
    played = systems.player("ddsp", "violin").render(tone(), RATE)
    for sound in (sounds[2], again[1]):
        np.testing.assert_allclose(soundfile.read(sound.files["wav"])[0], played, atol=1e-6)


def test_tuning_reaches_the_instrument(recording):
    players = Players()
    plain = players.player("ddsp", "flute", recording)
    tuned = players.player("ddsp", "flute", recording, Tuning(-1, 6.0, 0.5, 0.2))
    assert tuned.instrument is plain.instrument  # which stays loaded
    adjustment = tuned.adjustment
    assert (adjustment.octave_shift, adjustment.loudness_shift) == (-1, 6.0)
    assert (adjustment.autotune, adjustment.threshold) == (0.5, 0.2)
    assert plain.adjustment == Tuning().adjustment()


def test_an_instrument_that_was_trained_further_is_loaded_again(recording, tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path))
    folder = shutil.copytree(ddsp_catalogue.folder("flute"), tmp_path / "ddsp" / "mine")
    players = Players()
    first, second = (players.player("ddsp", "mine", recording).instrument for _ in range(2))
    os.utime(folder / "model.h5", (0, 0))
    assert second is first
    assert players.player("ddsp", "mine", recording).instrument is not first


def test_silence_comes_back_as_silence_with_a_line(tmp_path):
    soundfile.write(tmp_path / "quiet.wav", np.zeros(RATE), RATE)
    (sounds,) = Studio().play(Wish(tmp_path / "quiet.wav", ["flute"]), tmp_path / "out")
    assert sounds[1].notes == ("quiet.wav is silent, so the output is silence",)
    assert not np.any(soundfile.read(sounds[1].files["wav"])[0])
    assert set(sounds[0].picture["f0"]) == {None} and "mid" not in sounds[0].files
    with pytest.raises(UserError, match="quiet.wav: no notes were heard in it"):
        Studio().play_one(
            Wish(tmp_path / "quiet.wav", ["flute"]), tmp_path / "out", "mid", lambda *_: None
        )


@pytest.mark.parametrize("instrument", ["flute", "guitar_acoustic"])  # heard to play, or for this
def test_the_notes_that_were_heard(instrument, recording, tmp_path, monkeypatch):
    if instrument != "flute":
        monkeypatch.setattr(systems, "player", lambda system, instrument, **options: Halved())
    wish = Wish(recording, [instrument], tuning=Tuning(octave=-1))
    path = Studio().play_one(wish, tmp_path / "out", "mid", lambda *_: None)
    (note,) = pretty_midi.PrettyMIDI(str(path)).instruments[0].notes
    assert note.pitch == 69 and note.start < 0.1 and note.end == pytest.approx(1.0, abs=0.1)


def test_what_the_script_of_the_page_is_given(studio, recording, tmp_path):
    (sounds,) = studio.play(Wish(recording, ["flute"]), tmp_path / "out")
    shown = layout.payload("name", sounds)
    assert (shown["id"], shown["seconds"]) == ("name", 1.0)
    assert shown["sounds"][1]["files"]["flac"] == str(tmp_path / "out" / "flute.flac")
    f0 = [f0 for f0 in shown["sounds"][0]["picture"]["f0"] if f0]
    assert len(f0) > 40 and np.median(f0) == pytest.approx(440.0, rel=0.01)


def test_files_of_a_visitor_go_away(tmp_path):
    places = Places(tmp_path / "sounds", keep_minutes=10)
    mine, other = places.new("me"), places.new("you")
    assert mine != other and len(mine.name) == 32
    (mine / "sound.wav").touch()
    places.leave("me")
    places.leave("nobody")
    assert not mine.exists() and other.is_dir()
    os.utime(other, (time.time() - 601,) * 2)
    kept = places.new("you")
    assert not other.exists() and kept.is_dir()
    places.leave("you")
    assert not kept.exists()


def test_only_uploads_are_taken_over(tmp_path, monkeypatch):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    (tmp_path / "cache" / "x").mkdir(parents=True)
    upload = tmp_path / "cache" / "x" / "recording.wav"
    upload.touch()
    assert interface.uploaded(str(upload)) == str(upload.resolve())
    (tmp_path / "secret").touch()
    (tmp_path / "cache" / "link").symlink_to(tmp_path / "secret")
    for path in ("secret", "cache/../secret", "cache/link", "cache/none", "cache"):
        with pytest.raises(UserError, match="this is no upload"):
            interface.uploaded(str(tmp_path / path))


def test_the_whistle_is_one_pure_tone():
    sound = examples.whistle()
    assert 6.0 < len(sound) / 32000 < 8.0 and np.abs(sound).max() < 0.5
    first = sound[round(0.25 * 32000) : round(0.45 * 32000)]
    spectrum = np.abs(np.fft.rfft(first * np.hanning(len(first))))
    assert np.argmax(spectrum) * 32000 / len(first) == pytest.approx(1318.5, rel=0.02)  # E6


def test_who_can_train():
    assert all(Address(host).is_private for host in ("127.0.0.1", "::1", "localhost"))
    assert not any(Address(host).is_private for host in ("0.0.0.0", "music.example.org"))
