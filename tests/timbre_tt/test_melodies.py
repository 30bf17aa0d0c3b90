import contextlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.music import melodies, planning, rendering, soundfont
from audio_tt.music.instruments import VOICES
from audio_tt.music.melodies import BUILT_IN, GREENSLEEVES, ODE_TO_JOY, Melody, is_held_out
from audio_tt.music.notes import Note, read_midi, write_midi


def _melodies():
    """Tunes of a few made-up names, of which some are held out."""
    return [Melody(f"test/tune-{i}", BUILT_IN[i % 2].notes) for i in range(30)]


def test_the_split_depends_on_the_title_alone():
    names = [f"aird/tune-{i}" for i in range(3000)]
    share = np.mean([is_held_out(name) for name in names])
    assert share == pytest.approx(0.1, abs=0.02)
    assert all(is_held_out(n) == is_held_out(n.replace("aird", "oneill")) for n in names)


def test_built_in_melodies_are_whole_lines():
    assert (ODE_TO_JOY.low, ODE_TO_JOY.high) == (60, 67)
    assert sum(length for _, _, length in ODE_TO_JOY.notes) == 32
    assert (GREENSLEEVES.low, GREENSLEEVES.high) == (64, 77)
    for melody in BUILT_IN:
        ends = [start + length for _, start, length in melody.notes]
        assert all(e <= n[1] + 1e-9 for e, n in zip(ends, melody.notes[1:], strict=False))


def test_speed_is_that_of_the_median_note():
    notes = ODE_TO_JOY.at_speed(0.5, semitones=12)
    assert np.median([n.duration for n in notes]) == pytest.approx(0.5)
    assert notes[0].pitch == 76
    assert notes[-1].end == pytest.approx(16.0)


def test_exercises_reach_every_pitch():
    exercise = melodies.make_exercise(55, 89, np.random.default_rng(0), "exercise")
    assert {pitch for pitch, _, length in exercise.notes if length >= 2} == set(range(55, 90))
    assert (exercise.low, exercise.high) == (55, 89)


def test_a_folder_of_midi_files(tmp_path):
    tune = [Note(70, 80, 1.0 + i, 2.0 + i) for i in range(5)]
    write_midi(tmp_path / "sub" / "a.mid", [*tune, Note(40, 80, 1.0, 6.0)])
    (tmp_path / "broken.mid").write_bytes(b"MThd")
    (found,) = melodies.read_folder(tmp_path)
    assert found.name == "sub/a"
    assert [pitch for pitch, _, _ in found.notes] == [70] * 5
    assert found.notes[1][1] == pytest.approx(2.0, abs=0.01)
    with pytest.raises(UserError, match="midi_path"):
        melodies.read_folder(tmp_path / "gone")
    (tmp_path / "sub" / "a.mid").unlink()
    with pytest.raises(UserError, match="no readable"):
        melodies.read_folder(tmp_path)


def test_says_what_to_install_without_music21(monkeypatch):
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(UserError, match="pip install music21"):
        melodies.read_corpus()


@pytest.mark.slow
def test_corpus_melodies_are_monophonic_and_repeatable():
    pytest.importorskip("music21")
    first, again = melodies.read_corpus(1, seed=5), melodies.read_corpus(1, seed=5)
    assert first == again
    assert {m.name.split("/")[0] for m in first} == {"aird", "ryan", "oneill", "bach"}
    for melody in first:
        starts = [start for _, start, _ in melody.notes]
        assert starts == sorted(set(starts))
        assert 45 <= melody.low < melody.high <= 100


@pytest.mark.parametrize("name", sorted(VOICES))
def test_pieces_stay_in_range_and_splits_apart(name):
    voice = VOICES[name]
    pieces = planning.plan_pieces(name, voice, _melodies(), minutes=4.0, seed=0)
    for piece in pieces:
        pitches = [n.pitch for n in piece.performance.notes]
        assert voice.low <= min(pitches)
        assert max(pitches) <= voice.high
        assert 20 <= piece.performance.duration <= 65
        if "exercise" not in piece.melody:
            assert is_held_out(piece.melody) == (piece.split == "test")
    longer = planning.plan_pieces(name, voice, _melodies(), minutes=6.0, seed=0)
    assert {piece.path for piece in pieces} < {piece.path for piece in longer}


def test_test_pieces_are_the_same_for_every_instrument():
    def tests(name):
        pieces = planning.plan_pieces(name, VOICES[name], _melodies(), 4.0, 0)
        return [p.performance for p in pieces if p.split == "test"]

    for flute, cello in zip(tests("flute"), tests("cello"), strict=True):
        assert flute.transposed(-12).notes == cello.notes
        np.testing.assert_array_equal(flute.bend_cents, cello.bend_cents)


def test_rendering_keeps_what_exists_and_one_gain(tmp_path, monkeypatch):
    pytest.importorskip("midirenderer")
    font = soundfont.small_soundfont()
    monkeypatch.setattr(planning, "LENGTH_SECONDS", {"train": (6.0, 8.0), "test": (6.0, 8.0)})

    def run(**settings):
        arguments = {"minutes": 0.2, "seed": 0, "soundfont": font, "sample_rate": 16000}
        return rendering.render_instrument(
            "flute", _melodies(), tmp_path, **(arguments | settings), processes=1
        )

    written = run()
    peaks = [np.abs(soundfile.read(path)[0]).max() for path in written]
    assert max(peaks) == pytest.approx(0.7, abs=1e-3)
    manifest = json.loads((tmp_path / "flute" / "manifest.json").read_text())
    assert {entry["split"] for entry in manifest["files"]} == {"train", "test"}
    info = soundfile.info(written[0])
    assert (info.channels, info.samplerate, info.subtype) == (1, 16000, "PCM_16")
    assert len(read_midi(written[0].with_suffix(".mid"))) > 3
    assert run() == []
    kept = written[0].read_bytes()
    written[0].unlink()
    assert run() == [written[0]]
    assert written[0].read_bytes() == kept
    with pytest.raises(UserError, match="seed"):
        run(seed=1)


def test_instruments_that_play_together_share_a_range():
    shared = planning.common_voice(["flute", "violin"])
    assert (shared.low, shared.high) == (60, 89)
    assert shared.vibrato_depth_cents == VOICES["flute"].vibrato_depth_cents
    assert shared.fastest_note_seconds == VOICES["violin"].fastest_note_seconds
    with pytest.raises(UserError, match="cello, whistle share less than two octaves"):
        planning.common_voice(["cello", "whistle"])
    with pytest.raises(UserError, match="flte"):
        planning.common_voice(["flute", "flte"])


@pytest.mark.parametrize("names", [["flute", "violin"], ["violin", "cello"]])
def test_together_all_play_the_same(names, tmp_path, monkeypatch):
    """Nothing is rendered: a recording is a click, and silence as long as what is asked for."""
    asked = []

    def render(job):
        asked.append(job)
        return np.eye(1, round(job[2].duration * job[3]))[0]

    pool = contextlib.nullcontext(SimpleNamespace(imap=map))
    context = SimpleNamespace(Pool=lambda processes: pool)
    monkeypatch.setattr(rendering.multiprocessing, "get_context", lambda kind: context)
    monkeypatch.setattr(rendering, "_render", render)
    played, files = {}, {}
    for name in names:
        written = rendering.render_instrument(
            name, _melodies(), tmp_path, 0.5, 0, Path("own.sf2"), 8000, together=names
        )
        assert {job[1] for job in asked} == {VOICES[name].program}
        played[name] = [(job[2].notes, tuple(job[2].bend_cents)) for job in asked]
        files[name] = [str(path.relative_to(tmp_path)) for path in written]
        assert json.loads((tmp_path / f"{name}.json").read_text())["together"] == names
        asked.clear()
    first, second = names
    assert played[first] == played[second]
    assert [file.replace(first, second) for file in files[first]] == files[second]
    assert {file.rsplit("/", 1)[0] for file in files[first]} == {f"train/{first}", f"test/{first}"}
    pitches = {note.pitch for notes, _ in played[first] for note in notes}
    assert max(VOICES[name].low for name in names) <= min(pitches)
    assert max(pitches) <= min(VOICES[name].high for name in names)
