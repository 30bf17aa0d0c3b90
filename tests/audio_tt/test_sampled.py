"""An instrument of recorded notes plays what a performance asks for."""

import numpy as np
import pytest
from note_files import RATE, note, write

from audio_tt.music import practice, sample_library, stretching
from audio_tt.music.effects import Surroundings
from audio_tt.music.notes import Note
from audio_tt.music.performance import CONTROL_RATE_HZ, Performance
from audio_tt.music.sampled import SampledInstrument
from audio_tt.pitch import tracking


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    return write(folder, **{f"{midi}": note(midi) for midi in (57, 60, 63, 66)})


@pytest.fixture(scope="module")
def instrument(library):
    return SampledInstrument(sample_library.read(library))


def performance(notes, seconds, bend_cents=0.0, expression=127.0):
    frames = round(seconds * CONTROL_RATE_HZ)
    return Performance(
        tuple(notes), np.full(frames, expression), np.broadcast_to(np.float64(bend_cents), frames)
    )


def heard(audio):
    """MIDI pitch `[frames]`, 100 a second."""
    f0_hz, _ = tracking.track(audio, RATE, 100)
    return 12 * np.log2(np.maximum(f0_hz, 1.0) / 440.0) + 69


def level(audio):
    return np.sqrt(np.mean(np.square(audio)))


def test_pitch_and_bend(instrument):
    frames = round(2.0 * CONTROL_RATE_HZ)
    bend = np.linspace(0.0, 100.0, frames)
    audio = instrument.render(performance([Note(61, 100, 0.2, 1.7)], 2.0, bend), RATE)
    assert audio.shape == (2 * RATE,) and audio.dtype == np.float32
    midi = heard(audio)
    assert midi[50] == pytest.approx(61.25, abs=0.1) and midi[150] == pytest.approx(61.75, abs=0.1)


def test_a_long_note_goes_on_evenly(instrument):
    audio = instrument.render([Note(60, 100, 0.0, 5.0)], RATE)
    frames = audio[RATE // 2 : 4 * RATE + RATE // 2].reshape(-1, 400)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    assert levels.min() > 0.8 * levels.max()
    assert np.abs(heard(audio)[50:450] - 60).max() < 0.1
    steps = np.abs(np.diff(audio))
    assert steps[RATE : 4 * RATE].max() < 1.2 * np.abs(np.diff(note(60))).max() * (
        levels.mean() / level(note(60)[4000:12000])
    )


def test_a_short_note_ends_and_rests_are_silent(instrument):
    audio = instrument.render([Note(60, 100, 0.0, 0.4), Note(63, 100, 1.0, 1.4)], RATE)
    assert np.abs(audio[round(0.7 * RATE) : RATE]).max() == 0.0
    assert level(audio[round(0.2 * RATE) : round(0.4 * RATE)]) > 0.01


def test_slurred_notes_glide(instrument):
    audio = instrument.render([Note(60, 100, 0.0, 1.0), Note(63, 100, 1.0, 2.0)], RATE)
    midi = heard(audio)
    assert midi[85] == pytest.approx(60, abs=0.15) and midi[115] == pytest.approx(63, abs=0.15)
    across = audio[round(0.9 * RATE) : round(1.1 * RATE)].reshape(-1, 160)
    assert np.sqrt(np.mean(across**2, axis=1)).min() > 0.4 * level(audio[RATE // 2 : RATE])
    apart = instrument.render([Note(60, 100, 0.0, 0.6), Note(63, 100, 1.0, 2.0)], RATE)
    assert level(apart[round(0.9 * RATE) : RATE]) < 1e-4


def test_velocity_and_expression_make_it_louder(instrument):
    def loudness(velocity, expression):
        piece = performance([Note(60, velocity, 0.0, 0.9)], 1.0, 0.0, expression)
        return 20 * np.log10(level(instrument.render(piece, RATE)))

    assert loudness(110, 127) - loudness(55, 127) == pytest.approx(40 * np.log10(2), abs=0.1)
    assert loudness(110, 127) - loudness(110, 63.5) == pytest.approx(40 * np.log10(2), abs=0.1)


def test_vibrato_only_where_the_samples_have_none(tmp_path):
    wavy = write(tmp_path, a_C4=note(60, 2.0, vibrato_cents=40.0))
    instrument = SampledInstrument(sample_library.read(wavy))
    assert instrument.voice.vibrato_depth_cents == 0.0
    frames = round(1.8 * CONTROL_RATE_HZ)
    bend = 80 * np.sin(2 * np.pi * 5.5 * np.arange(frames) / CONTROL_RATE_HZ + 1.0)
    midi = heard(instrument.render(performance([Note(60, 100, 0.0, 1.7)], 1.8, bend), RATE))
    assert np.ptp(midi[40:140]) < 1.1


def test_reading_between_samples():
    time = np.arange(2000) / RATE
    positions = 10.25 + 1.06 * np.arange(1500)
    sine = stretching.at_positions(np.sin(2 * np.pi * 3000 * time), positions)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * 3000 * positions / RATE), atol=3e-3)
    assert (stretching.at_positions(np.ones(10), np.array([-3.0, 12.0])) == 0).all()


def test_practice_is_kept_and_the_same_again(library, tmp_path, monkeypatch):
    monkeypatch.setattr(practice, "_melodies", lambda: list(practice.melodies_lib.BUILT_IN))
    options = {"sample_rate": RATE, "minutes": 0.5}
    folder = practice.practise([str(library)], tmp_path / "a", **options)
    files = {path.name: path.read_bytes() for path in folder.glob("*.wav")}
    assert files
    again = practice.practise([str(library)], tmp_path / "b", **options)
    assert {path.name: path.read_bytes() for path in again.glob("*.wav")} == files
    monkeypatch.setattr(practice, "open_source", None)
    assert practice.practise([str(library)], folder, **options) == folder
    with pytest.raises(practice.UserError, match="made with minutes 0.5, not 2"):
        practice.practise([str(library)], folder, sample_rate=RATE, minutes=2)


def test_surroundings_differ_and_stay_in_time():
    sound = note(60)
    place = Surroundings(reverb=1.0)
    one, same, other = (place.place(sound, RATE, np.random.default_rng(i)) for i in (0, 0, 1))
    assert one.dtype == np.float32 and one.shape == sound.shape
    assert (one == same).all() and np.abs(one - other).max() > 0.01
    assert abs(np.argmax(np.abs(one)) - np.argmax(np.abs(sound))) < RATE
    assert level(one[-300:]) > 0.0 and level(one[:1500]) < 1e-6
