import sys

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.music import soundfont
from audio_tt.music.instruments import VOICES, SoundFontInstrument, get_voice
from audio_tt.music.notes import Note
from audio_tt.music.performance import CONTROL_RATE_HZ, Performance

RATE = 16000


@pytest.fixture
def small_font(monkeypatch):
    """The font that needs no installation, with the synthesiser that needs no C library."""
    pytest.importorskip("midirenderer")
    monkeypatch.setattr(soundfont, "find_player", lambda path: soundfont.play_with_midirenderer)
    return soundfont.small_soundfont()


def _frequency(audio):
    spectrum = np.abs(np.fft.rfft(audio * np.hanning(len(audio)), 1 << 18))
    return np.argmax(spectrum) * RATE / (1 << 18)


def _held(pitch=69, velocity=100, expression=127.0, bend_cents=0.0, seconds=1.5):
    frames = int((seconds + 1.0) * CONTROL_RATE_HZ)
    note = Note(pitch, velocity, 0.1, seconds)
    return Performance((note,), np.full(frames, expression), np.full(frames, bend_cents))


def test_a_note_sounds_at_its_pitch_and_time(small_font):
    flute = SoundFontInstrument(73, small_font)
    audio = flute.render([Note(69, 100, 0.5, 1.5)], RATE, tail_seconds=1.0)
    assert audio.dtype == np.float32
    assert len(audio) == int(2.5 * RATE)
    assert np.abs(audio[: int(0.49 * RATE)]).max() < 1e-4
    assert np.abs(audio[int(0.6 * RATE) : RATE]).max() > 0.01
    assert _frequency(audio[int(0.7 * RATE) : int(1.4 * RATE)]) == pytest.approx(440, rel=0.01)


def test_bend_and_expression_are_heard(small_font):
    flute = SoundFontInstrument(73, small_font)
    plain, bent, soft = (
        flute.render(performance, RATE)[RATE // 2 : RATE]
        for performance in (_held(), _held(bend_cents=100.0), _held(expression=64.0))
    )
    ratio = _frequency(bent) / _frequency(plain)
    assert 1200 * np.log2(ratio) == pytest.approx(100, abs=10)
    decibels = 20 * np.log10(np.std(soft) / np.std(plain))
    assert decibels == pytest.approx(40 * np.log10(64 / 127), abs=2)


def test_fluidsynth_follows_bend_and_expression_and_repeats_itself():
    if not soundfont._can_import("fluidsynth"):
        pytest.skip("FluidSynth is not installed")
    path = soundfont.small_soundfont()

    def play(performance):
        audio, rate = soundfont.play_with_fluidsynth(
            path,
            73,
            performance.notes,
            performance.controls(),
            performance.bends(),
            performance.duration,
        )
        assert rate == 44100
        return audio

    np.testing.assert_array_equal(play(_held()), play(_held()))
    plain, soft = play(_held())[22050:44100], play(_held(expression=64.0))[22050:44100]
    decibels = 20 * np.log10(np.std(soft) / np.std(plain))
    assert decibels == pytest.approx(40 * np.log10(64 / 127), abs=1)


def test_a_note_is_not_cut_by_the_end_of_the_same_pitch_before_it():
    events = soundfont._events([Note(60, 90, 0.0, 1.2), Note(60, 80, 1.0, 2.0)], (), ())
    assert [(time, action) for time, _, action, *_ in events] == [
        (0.0, "on"),
        (1.0, "off"),
        (1.0, "on"),
        (2.0, "off"),
    ]


def test_where_a_soundfont_is_looked_for(tmp_path, monkeypatch):
    font = tmp_path / "own.sf2"
    font.write_bytes(b"x")
    bigger = tmp_path / "system" / "bigger.sf3"
    bigger.parent.mkdir()
    bigger.write_bytes(b"xx")
    monkeypatch.setattr(soundfont, "SYSTEM_FOLDERS", (bigger.parent, tmp_path / "missing"))
    monkeypatch.delenv("TIMBRE_TT_SOUNDFONT", raising=False)
    assert soundfont.find_soundfont() == bigger.resolve()
    monkeypatch.setenv("TIMBRE_TT_SOUNDFONT", str(font))
    assert soundfont.find_soundfont() == font
    monkeypatch.setenv("TIMBRE_TT_SOUNDFONT", str(tmp_path / "gone.sf2"))
    with pytest.raises(UserError, match=r"gone\.sf2.*TIMBRE_TT_SOUNDFONT"):
        soundfont.find_soundfont()
    with pytest.raises(UserError, match=r"other\.sf2"):
        soundfont.find_soundfont(tmp_path / "other.sf2")
    monkeypatch.delenv("TIMBRE_TT_SOUNDFONT")
    bigger.unlink()
    assert soundfont.find_soundfont().name == "TimGM6mb.sf2"


def test_says_what_to_install_when_nothing_can_play(tmp_path, monkeypatch):
    for name in ("fluidsynth", "tinysoundfont", "midirenderer"):
        monkeypatch.setitem(sys.modules, name, None)
    soundfont._can_import.cache_clear()
    font = tmp_path / "own.sf2"
    font.write_bytes(b"x")
    with pytest.raises(UserError, match="pip install midirenderer"):
        SoundFontInstrument(0, font)
    soundfont._can_import.cache_clear()


def test_a_broken_soundfont_is_a_users_mistake(tmp_path):
    pytest.importorskip("midirenderer")
    font = tmp_path / "own.sf2"
    font.write_bytes(b"not a font")
    with pytest.raises(UserError, match=r"own\.sf2"):
        soundfont.play_with_midirenderer(font, 0, [Note(60, 80, 0, 1)], seconds=1.0)


@pytest.mark.parametrize("content", [b"", b"not a font", b"RIFF____sfbkphdr"])
def test_what_is_no_soundfont_is_told_before_a_synthesiser_sees_it(tmp_path, content):
    font = tmp_path / "own.sf3"
    font.write_bytes(content)
    with pytest.raises(UserError, match=r"own\.sf3: not a SoundFont"):
        soundfont.list_presets(font)


def test_presets_of_a_soundfont(small_font):
    presets = soundfont.list_presets(small_font)
    assert len(presets) == 136
    assert presets[0, 0] == "Piano 1"
    assert presets[0, 73] == "Flute TB"
    assert presets[128, 0] == "Standard"
    with pytest.raises(UserError, match=r"TimGM6mb\.sf2: has no program 0 in bank 5"):
        SoundFontInstrument(0, small_font, bank=5)


def test_a_program_in_another_bank_is_taken_with_a_warning(small_font, monkeypatch, caplog):
    presets = {(8, 73): "Flute", (9, 73): "Flute 2", (128, 0): "Standard", (0, 40): "Violin"}
    monkeypatch.setattr(soundfont, "list_presets", lambda path: presets)
    assert SoundFontInstrument(40, small_font).bank == 0 and not caplog.messages
    assert SoundFontInstrument(73, small_font).bank == 8
    (message,) = caplog.messages
    assert message.endswith("has no program 73 in bank 0; bank 8's is taken, Flute")
    with pytest.raises(UserError, match=r"no program 73 in bank 0; bank 8, 9 has it"):
        SoundFontInstrument(73, small_font, bank=0)
    with pytest.raises(UserError, match=r"no program 0 in bank 0; a drum kit, bank 128 has it"):
        SoundFontInstrument(0, small_font)
    with pytest.raises(UserError, match=r"no program 5 in bank 0\.$"):
        SoundFontInstrument(5, small_font)


def test_a_drum_kit_is_no_piano(small_font):
    notes = [Note(38, 100, 0.1, 0.5)]  # a snare drum: noise, where the piano has harmonics
    piano, snare = (SoundFontInstrument(0, small_font, bank).render(notes) for bank in (0, 128))

    def flatness(audio):
        power = np.abs(np.fft.rfft(audio))[200:8000] ** 2 + 1e-12
        return np.exp(np.mean(np.log(power))) / np.mean(power)

    assert flatness(snare) > 10 * flatness(piano)


def test_programs_and_names_are_checked(small_font):
    with pytest.raises(UserError, match="128"):
        SoundFontInstrument(128, small_font)
    with pytest.raises(UserError, match="flute"):
        get_voice("flte")
    assert {"flute", "violin", "trumpet", "accordion"} <= set(VOICES)
    assert all(voice.low + 24 <= voice.high for voice in VOICES.values())
