"""Pieces of notes, played by instruments and mixed."""

import functools

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music.notes import Note, write_midi
from audio_tt.music.tracks import Track
from audio_tt.playing.conversion import Job, Output
from timbre_tt import systems
from timbre_tt.scores import casting, playing

NAMES = ("clarinet", "flute", "violin")


@pytest.fixture(scope="module")
def load():
    return functools.cache(functools.partial(systems.player, "ddsp"))


def tune(*pitches, program=73, **others):
    notes = tuple(Note(p, 80, 0.3 * i, 0.3 * i + 0.3) for i, p in enumerate(pitches))
    return Track("", program, notes, **others)


def sound_of(parts, load):
    blocks, rate = playing.mix(parts, load)
    return np.concatenate(list(blocks)), rate


def level(audio):
    return np.sqrt(np.mean(np.square(audio), axis=0))


def test_each_track_goes_to_the_instrument_of_its_program_or_to_the_one_that_is_named():
    tracks = [tune(60, program=program) for program in (73, 71, 42, 0)]
    parts = casting.cast(tracks, NAMES)
    assert [part.instrument for part in parts] == ["flute", "clarinet", "violin", "flute"]
    assert {part.instrument for part in casting.cast(tracks, NAMES, "mine")} == {"mine"}
    chosen = casting.cast(tracks, NAMES, chosen=["2:clarinet", "0:mine"])
    assert [(part.number, part.instrument) for part in chosen] == [(0, "mine"), (2, "clarinet")]
    with pytest.raises(UserError, match="the tracks with notes are 0 to 3"):
        casting.cast(tracks, NAMES, chosen=["4:flute"])
    with pytest.raises(UserError, match="write NUMBER:INSTRUMENT"):
        casting.cast(tracks, NAMES, chosen=["flute"])


def test_one_track_is_mono_and_sounds_where_its_notes_are(load):
    sound, rate = sound_of([casting.Part(0, tune(69, 72), "flute")], load)
    assert sound.shape == (round(1.6 * rate),)
    spectrum = np.abs(np.fft.rfft(sound[: round(0.28 * rate)] * np.hanning(round(0.28 * rate))))
    assert abs(spectrum.argmax() / 0.28 - 440.0) < 4.0
    assert level(sound[: round(0.5 * rate)]) > 30 * level(sound[round(1.2 * rate) :])


def test_a_track_stands_where_it_says(load):
    left = tune(69, controls={10: ((0.0, 0),)})
    sound, _ = sound_of([casting.Part(0, left, "flute")], load)
    assert level(sound)[0] > 100 * level(sound)[1]


def test_a_pitch_out_of_reach_moves_by_octaves(load):
    sound, rate = sound_of([casting.Part(0, tune(45, 45), "flute")], load)
    low, _ = sound_of([casting.Part(0, tune(69, 69), "flute")], load)
    assert np.abs(np.fft.rfft(sound)).argmax() >= np.abs(np.fft.rfft(low)).argmax() // 2
    assert level(sound) > 0.2 * level(low)


def test_pieces_become_files_and_a_bad_one_is_passed_over(load, tmp_path):
    write_midi(tmp_path / "a.mid", [Note(69, 80, 0.0, 0.3)])
    (tmp_path / "b.mid").write_bytes(b"no MIDI")
    jobs = [Job(tmp_path / f"{name}.mid", tmp_path / f"{name}.wav") for name in "ba"]
    cast = functools.partial(casting.cast, instruments=NAMES)
    assert playing.play_all(jobs, cast, load, Output(sample_rate=8000)) == 1
    assert io.info(tmp_path / "a.wav").sample_rate == 8000 and not (tmp_path / "b.wav").exists()
    with pytest.raises(UserError, match="is there already"):
        playing.play_all(jobs[1:], cast, load)
