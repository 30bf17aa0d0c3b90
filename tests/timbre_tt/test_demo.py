"""The page of every instrument: each sound as long as the melody, at its own rate and pitch."""

import json
import os
import re
import types

import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.pitch import tracking
from audio_tt.playing.player import Player
from timbre_tt import systems
from timbre_tt.comparison import demo_page

RATE = 22050


def tone(seconds, sample_rate, hz=330.0):
    t = np.arange(round(seconds * sample_rate)) / sample_rate
    return (0.3 * sum(np.sin(2 * np.pi * k * hz * t) / k for k in range(1, 6))).astype(np.float32)


def pitch_of(path):
    audio, rate = soundfile.read(path, dtype="float32")
    f0_hz, confidence = tracking.track(audio, rate, 100, method="yin")
    return float(np.median(f0_hz[confidence > 0.5]))


class Same(Player):
    def __init__(self, sample_rate):
        self.sample_rate = sample_rate

    def play(self, blocks, name="the recording"):
        yield from blocks


def refuse(instrument):
    raise UserError(f"it has never heard a {instrument}")


STAND_INS = {
    "ddsp": types.SimpleNamespace(load=lambda name, pitch: Same(48000 if "48k" in name else 16000)),
    "pix2pix": types.SimpleNamespace(load=lambda name: Same(44100)),
    "style": types.SimpleNamespace(load=refuse),
}


def test_every_sound_has_its_own_rate(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(systems, "load", STAND_INS.__getitem__)
    source = tmp_path / os.fsdecode(b"tromp\xe9te.wav")
    io.write(source, tone(1.0, RATE), RATE)
    played = [("ddsp", "flute"), ("ddsp", "flute_48k"), ("pix2pix", "flute"), ("style", "tuba")]
    assert demo_page.write(source, tmp_path / "page", played, method="yin") == 1
    (error,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert error == "tuba, style: it has never heard a tuba"
    rates = {
        path.stem.removeprefix("tromp_te__"): soundfile.info(path).samplerate
        for path in (tmp_path / "page" / "sounds").iterdir()
    }
    assert rates == {
        "input": RATE,
        "flute__ddsp": 16000,
        "flute_48k__ddsp": 48000,
        "flute__pix2pix": 44100,
    }
    for path in (tmp_path / "page" / "sounds").iterdir():
        assert soundfile.info(path).duration == pytest.approx(1.0, abs=1e-4)
        assert pitch_of(path) == pytest.approx(330.0, rel=0.01)
    text = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert "http" not in text and text.count("<audio") == 4
    pitches = re.findall(r'"f0":(\[.*?\])', text)
    assert len(pitches) == 4
    for drawn in pitches:
        assert np.median(json.loads(drawn)[20:80]) == pytest.approx(330.0, rel=0.01)


def test_where_nothing_plays_there_is_no_page(tmp_path, monkeypatch):
    monkeypatch.setattr(systems, "load", STAND_INS.__getitem__)
    soundfile.write(tmp_path / "in.wav", tone(0.2, RATE), RATE)
    with pytest.raises(UserError, match="no instrument plays"):
        demo_page.write(tmp_path / "in.wav", tmp_path / "page", [("style", "tuba")], method="yin")
    assert not (tmp_path / "page").exists()


@pytest.mark.slow
def test_every_included_instrument_is_heard(tmp_path):
    soundfile.write(tmp_path / "in.wav", tone(1.0, RATE, 440.0), RATE)
    played = [(name, one) for name in systems.NAMES for one in systems.load(name).instruments()]
    assert demo_page.write(tmp_path / "in.wav", tmp_path / "page", played, method="yin") == 0
    for system, instrument in played:
        path = tmp_path / "page" / "sounds" / f"in__{instrument}__{system}.wav"
        assert soundfile.info(path).samplerate == systems.player(system, instrument).sample_rate
        assert soundfile.info(path).duration == pytest.approx(1.0, abs=1e-4)
        assert np.abs(soundfile.read(path)[0]).max() > 0.01
        if system != "style":  # which takes on the pitches of its clip
            octaves = np.log2(pitch_of(path) / 440.0)
            assert octaves == pytest.approx(round(octaves), abs=0.05)
