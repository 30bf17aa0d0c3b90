"""Tracks of MIDI files and of what note-seq reads, their voices, and how these are played."""

import struct
import sys

import numpy as np
import pretty_midi
import pytest

from audio_tt.errors import UserError
from audio_tt.music.curves import Humanity, play_voice
from audio_tt.music.notes import Note, write_midi
from audio_tt.music.scores import is_score, read_tracks
from audio_tt.music.tracks import Track
from audio_tt.music.voices import split_voices

RATE = 250
SCALE = [Note(60 + i, 64, 0.5 * i, 0.5 * i + 0.4) for i in range(4)]


def track(notes=SCALE, **controls):
    numbers = {"wheel": 1, "expression": 11, "pedal": 64}
    return Track("", 0, tuple(notes), {numbers[name]: x for name, x in controls.items()})


def at(curve, seconds):
    return curve[round(seconds * RATE)]


def test_a_file_gives_tracks_with_controllers_and_bends_and_no_drums(tmp_path):
    midi = pretty_midi.PrettyMIDI()
    for program, is_drum in ((40, False), (0, True), (73, False)):
        player = pretty_midi.Instrument(program, is_drum, name=f"of {program}")
        player.notes = [pretty_midi.Note(90, 62, 0.0, 1.0)]
        midi.instruments.append(player)
    midi.instruments[0].control_changes = [
        pretty_midi.ControlChange(*event)
        for event in ((11, 100, 0.5), (101, 0, 0.1), (100, 0, 0.1), (6, 12, 0.1))
    ]
    midi.instruments[0].pitch_bends = [
        pretty_midi.PitchBend(4096, 0.0),
        pretty_midi.PitchBend(4096, 0.5),
    ]
    midi.write(str(tmp_path / "duo.mid"))
    violin, flute = read_tracks(tmp_path / "duo.mid")
    assert (violin.name, violin.program, flute.program) == ("of 40", 40, 73)
    assert [size for _, size in violin.bends] == [1.0, 6.0]  # two semitones, then twelve
    np.testing.assert_array_equal(violin.control(11, np.array([0.4, 0.6]), 127), [127, 100])
    with pytest.raises(UserError, match="no such MIDI file"):
        read_tracks(tmp_path / "none.mid")


def test_a_file_of_drums_alone_holds_no_pitch(tmp_path):
    midi = pretty_midi.PrettyMIDI()
    midi.instruments.append(pretty_midi.Instrument(0, is_drum=True))
    midi.instruments[0].notes = [pretty_midi.Note(90, 36, 0.0, 1.0)]
    midi.write(str(tmp_path / "drums.mid"))
    with pytest.raises(UserError, match="holds no notes of a pitch"):
        read_tracks(tmp_path / "drums.mid")


def test_note_sequences_and_tunes_are_read(tmp_path):
    pytest.importorskip("note_seq")
    from note_seq.protobuf import music_pb2

    piece = music_pb2.NoteSequence()
    piece.notes.add(pitch=60, velocity=80, start_time=0.0, end_time=1.0, program=73)
    piece.control_changes.add(time=0.2, control_number=1, control_value=90)
    record = piece.SerializeToString()
    framed = struct.pack("<Q4x", len(record)) + record + bytes(4)
    (tmp_path / "set.tfrecord").write_bytes(framed)
    (read,) = read_tracks(tmp_path / "set.tfrecord")
    assert (read.program, read.notes) == (73, (Note(60, 80, 0.0, 1.0),))
    assert read.controls == {1: ((0.2, 90),)}
    (tmp_path / "tune.abc").write_text("X:1\nT:A\nM:4/4\nL:1/4\nK:C\nCDEF|\n")
    assert [note.pitch for note in read_tracks(tmp_path / "tune.abc")[0].notes] == [60, 62, 64, 65]
    (tmp_path / "cut.tfrecord").write_bytes(framed[:-20])
    with pytest.raises(UserError, match="cut.tfrecord: cannot be read .it ends early"):
        read_tracks(tmp_path / "cut.tfrecord")


def test_what_note_seq_would_read_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "note_seq", None)
    (tmp_path / "tune.abc").write_text("X:1\nK:C\nC\n")
    with pytest.raises(UserError, match=r"timbre-tt\[magenta\]"):
        read_tracks(tmp_path / "tune.abc")


def test_chords_become_voices_and_a_slur_stays_one():
    chords = [Note(p, 80, t, t + 1.0) for t in (0.0, 1.0) for p in (60 + t, 64 + t, 67 + t)]
    voices = split_voices(chords)
    assert [[note.pitch for note in voice] for voice in voices] == [[67, 68], [64, 65], [60, 61]]
    slurred = [Note(60, 80, 0.0, 1.05), Note(62, 80, 1.0, 2.0)]
    assert len(split_voices(slurred)) == 1
    held = [Note(48, 80, 0.0, 4.0), Note(72, 80, 1.0, 2.0), Note(74, 80, 2.0, 3.0)]
    assert [len(voice) for voice in split_voices(held)] == [2, 1]


def test_of_more_notes_than_voices_the_loudest_stay():
    chord = [Note(60, 50, 0.0, 1.0), Note(64, 90, 0.0, 1.0), Note(67, 70, 0.0, 1.0)]
    assert [[n.pitch for n in voice] for voice in split_voices(chord, most=2)] == [[67], [64]]


def test_curves_follow_pitch_velocity_and_rests():
    notes = [Note(60, 32, 0.5, 1.0), Note(72, 96, 1.5, 2.0)]
    curves = play_voice(notes, track(notes), RATE, 3.0)
    assert len(curves.pitch) == 750
    assert (at(curves.pitch, 0.7), at(curves.pitch, 1.7)) == (60.0, 72.0)
    np.testing.assert_allclose([at(curves.strength, t) for t in (0.7, 1.7)], [32 / 127, 96 / 127])
    assert at(curves.gain_db, 0.7) == at(curves.gain_db, 1.7) == 0.0
    assert at(curves.gain_db, 0.2) == at(curves.gain_db, 1.4) == at(curves.gain_db, 2.9) == -90.0


def test_a_slur_hardly_dips_and_two_tongued_notes_part():
    def dip(end):
        notes = [Note(60, 80, 0.0, end), Note(64, 80, 1.0, 2.0)]
        curves = play_voice(notes, track(notes), RATE, 2.5)
        return curves.gain_db[round(0.9 * RATE) : round(1.1 * RATE)].min()

    assert dip(1.05) > -4.0
    assert dip(0.9) < -30.0


def test_the_pedal_holds_a_note_until_it_is_let_go():
    notes = [Note(60, 80, 0.0, 0.5)]
    curves = play_voice(notes, track(notes, pedal=((0.1, 127), (1.5, 0))), RATE, 3.0)
    assert at(curves.gain_db, 1.4) == 0.0 and at(curves.gain_db, 2.0) == -90.0


def test_controllers_turn_down_bend_and_shake():
    notes = [Note(69, 80, 0.0, 2.0)]
    soft = play_voice(notes, track(notes, expression=((0.0, 64),)), RATE, 2.0)
    np.testing.assert_allclose(at(soft.gain_db, 1.0), 40 * np.log10(64 / 127))
    shaken = play_voice(notes, track(notes, wheel=((0.0, 127),)), RATE, 2.0)
    np.testing.assert_allclose(np.ptp(shaken.pitch), 1.0, atol=0.02)  # 50 cents each way
    bent = Track("", 0, tuple(notes), bends=((1.0, 2.0),))
    assert at(play_voice(notes, bent, RATE, 2.0).pitch, 1.5) == 71.0


def test_a_player_departs_from_the_score_by_a_seed_and_not_by_much():
    exact = play_voice(SCALE, track(), RATE, 3.0)
    played = [play_voice(SCALE, track(), RATE, 3.0, Humanity(), seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(played[0].gain_db, played[1].gain_db)
    assert np.abs(played[0].gain_db - played[2].gain_db).max() > 0.1
    assert abs(at(played[0].pitch, 0.2) - at(exact.pitch, 0.2)) < 0.2


def test_pieces_are_told_by_their_names(tmp_path):
    assert is_score("a/Song.MID") and is_score("x.abc")
    assert not is_score("song.wav")
    write_midi(tmp_path / "a.mid", SCALE, program=73)
    assert read_tracks(tmp_path / "a.mid")[0].program == 73
