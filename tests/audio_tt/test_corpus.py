"""The polyphonic pieces; those that need music21, which is no requirement, are skipped without."""

import sys

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.music import corpus


@pytest.fixture
def music21():
    return pytest.importorskip("music21")


@pytest.fixture
def read(monkeypatch, tmp_path, music21):
    """Reads a score that the test made, through MusicXML, as a piece of a given name."""

    def read(score, name="tiny", **limits):
        path = tmp_path / f"{name}.musicxml"
        score.write("musicxml", fp=path)
        monkeypatch.setattr(corpus, "_paths", lambda: {name: path})
        return corpus.read_piece(name, **limits)

    return read


@pytest.fixture
def score(music21):
    """A half note tied over the bar line above four chords, at 60 eighths a minute from bar 2."""
    from music21 import chord, meter, note, stream, tempo

    upper, lower = stream.Part(), stream.Part()
    for quarters in (2.0, 2.0, 2.0, 2.0):
        upper.append(note.Note("C5", quarterLength=quarters))
        lower.append(chord.Chord(["C3", "G3"], quarterLength=quarters))
    tied = list(upper.notes)
    tied[1].tie, tied[2].tie = _tie("start"), _tie("stop")
    for part in (upper, lower):
        part.insert(0, meter.TimeSignature("4/4"))
    upper.insert(0, tempo.MetronomeMark(number=120))
    upper.insert(4, tempo.MetronomeMark(number=60, referent="eighth"))
    return stream.Score([upper, lower])


def _tie(kind):
    from music21 import tie

    return tie.Tie(kind)


def test_the_split_depends_on_the_name_alone():
    names = [f"mozart_k{i}" for i in range(3000)]
    held_out = [corpus.is_held_out(name) for name in names]
    assert np.mean(held_out) == pytest.approx(0.1, abs=0.02)
    assert held_out == [corpus.is_held_out(name) for name in names]
    assert all(corpus.is_held_out(name, 0.2) for name in names if corpus.is_held_out(name))


def test_says_what_to_install_without_music21(monkeypatch):
    corpus._paths.cache_clear()
    monkeypatch.setitem(sys.modules, "music21", None)
    with pytest.raises(UserError, match="pip install music21, or give"):
        corpus.list_pieces()


def test_the_pieces_and_their_split(music21):
    train, test = corpus.list_pieces("train"), corpus.list_pieces("test")
    assert len(train) >= 40
    assert len(test) >= 5
    assert not set(train) & set(test)
    assert sorted(train + test) == corpus.list_pieces()
    with pytest.raises(UserError, match="music21:train"):
        corpus.list_pieces("dev")
    with pytest.raises(UserError, match="no_such_piece"):
        corpus.read_piece("no_such_piece")


def test_a_piece_of_the_corpus(music21):
    paths = corpus._paths()
    name = min(paths, key=lambda piece: paths[piece].stat().st_size)
    notes = corpus.read_piece(name)
    assert notes == corpus.read_piece(name)
    assert notes[0].start == 0.0
    assert [(n.start, n.pitch) for n in notes] == sorted((n.start, n.pitch) for n in notes)
    assert all(0.0 < n.duration <= 60.0 and 20 <= n.velocity <= 127 for n in notes)
    together = sum(a.start == b.start for a, b in zip(notes, notes[1:], strict=False))
    assert together > len(notes) / 4  # chords, no single line


def test_tempo_ties_and_chords(read, score):
    notes = read(score)
    # 120 quarters a minute, then 30 from quarter 4 on.
    upper, middle, low = ([(n.start, n.end) for n in notes if n.pitch == p] for p in (72, 55, 48))
    np.testing.assert_allclose(upper, [(0.0, 1.0), (1.0, 6.0), (6.0, 10.0)])
    np.testing.assert_allclose(low, [(0.0, 1.0), (1.0, 2.0), (2.0, 6.0), (6.0, 10.0)])
    assert middle == low
    assert len(notes) == 11


def test_without_a_tempo_the_median_note_decides(read, music21):
    from music21 import note, stream

    def median(quarters):
        part = stream.Part([note.Note("C4", quarterLength=quarters) for _ in range(8)])
        return float(np.median([n.duration for n in read(stream.Score([part]))]))

    assert median(0.5) == pytest.approx(0.4)  # 75 quarters a minute
    assert median(1.0) == pytest.approx(60 / 120)
    assert median(0.25) == pytest.approx(0.25 * 60 / 54)


def test_long_pieces_are_cut(read, score):
    notes = read(score, max_seconds=4.0)
    assert max(n.end for n in notes) == 4.0
    assert [n.start for n in notes if n.pitch == 48] == pytest.approx([0.0, 1.0, 2.0])


def test_velocities_depend_on_the_name_and_mark_the_beats():
    starts = np.arange(0, 400, 0.5)
    velocities = np.array(corpus._velocities(starts, bar=4.0, seed=3))
    assert list(velocities) == corpus._velocities(starts, bar=4.0, seed=3)
    assert list(velocities) != corpus._velocities(starts, bar=4.0, seed=4)
    assert 20 <= velocities.min() < velocities.max() <= 127
    off_beat, on_beat, on_bar = (velocities[i::8].mean() for i in (1, 2, 0))
    assert off_beat + 2 < on_beat < on_bar - 4


def test_a_score_without_notes(read, music21):
    from music21 import note, stream

    with pytest.raises(UserError, match="tiny: holds no notes"):
        read(stream.Score([stream.Part([note.Rest(quarterLength=4.0)])]))


def test_a_damaged_score(monkeypatch, tmp_path, music21):
    path = tmp_path / "odd.xml"
    path.write_text("<score-partwise><part>")
    monkeypatch.setattr(corpus, "_paths", lambda: {"odd": path})
    with pytest.raises(UserError, match="odd: music21 cannot read it"):
        corpus.read_piece("odd")
