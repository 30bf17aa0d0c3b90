"""Single notes are recognised, and played by what suits them."""

import numpy as np
import pytest
from note_files import note, write

from audio_tt.errors import UserError
from audio_tt.music import sample_library, takes


def pitches(library):
    return sorted({round(sample.pitch) for sample in library.samples})


def test_what_is_heard_in_a_note(tmp_path):
    write(tmp_path, plain=note(62.3), wavy=note(62, 1.5, vibrato_cents=40.0), short=note(62, 0.3))
    plain, wavy, short = (takes.listen(tmp_path / f"{n}.wav") for n in ("plain", "wavy", "short"))
    assert plain.pitch == pytest.approx(62.3, abs=0.1)
    assert plain.onset == pytest.approx(0.1, abs=0.021)
    first, last = plain.steady
    assert 0.15 < first < 0.25 and 0.8 < last < 0.95 and plain.can_go_on
    assert wavy.vibrato and not plain.vibrato
    assert not short.can_go_on
    write(tmp_path, silent=np.zeros(8000, "float32"))
    with pytest.raises(UserError, match="is silent"):
        takes.listen(tmp_path / "silent.wav")


@pytest.mark.parametrize(
    "names",
    [
        ("a-060-100", "a-063-100", "a-066-100"),
        ("a_C4_1", "a_Eb4_2", "a_F#4_3"),
        ("a_C3", "a_Ds3", "a_Gb3"),  # octaves numbered from elsewhere
        ("60", "63", "66"),
        ("one", "two", "three"),
        ("a_C4", "b_G4", "c_B2"),  # names that are wrong
    ],
)
def test_pitches(tmp_path, names):
    write(tmp_path, **dict(zip(names, map(note, (60, 63, 66)), strict=True)))
    assert pitches(sample_library.read(tmp_path)) == [60, 63, 66]


def test_dynamics_by_name(tmp_path):
    write(tmp_path, a_C4_p=note(60, level=0.1), a_C4_mf=note(60), a_C4_f1=note(60, level=0.15))
    library = sample_library.read(tmp_path)
    rng = np.random.default_rng(0)
    played = [library.choose(60, v, 1.0, rng).take.path.stem for v in (40, 70, 110)]
    assert played == ["a_C4_p", "a_C4_mf", "a_C4_f1"]
    soft, middle, loud = (library.choose(60, v, 1.0, rng).gain_db for v in (40, 70, 110))
    assert soft - middle == pytest.approx(6.0, abs=0.3)
    assert loud - middle == pytest.approx(2.5, abs=0.3)


def test_dynamics_by_level(tmp_path):
    write(tmp_path, C4_1=note(60, level=0.02), C4_2=note(60, level=0.2), D4_1=note(62))
    library = sample_library.read(tmp_path)
    rng = np.random.default_rng(0)
    assert library.choose(60, 40, 1.0, rng).take.path.stem == "C4_1"
    assert library.choose(60, 110, 1.0, rng).take.path.stem == "C4_2"


def test_round_robins_and_short_takes(tmp_path):
    write(
        tmp_path,
        sus_C4_1=note(60),
        sus_C4_2=note(60),
        sus_F4_1=note(65),
        staccato_C4_1=note(60, 0.4),
        pizzicato_C4=note(60),
    )
    library = sample_library.read(tmp_path)
    rng = np.random.default_rng(0)
    long = {library.choose(61, 80, 1.0, rng).take.path.stem for _ in range(30)}
    assert long == {"sus_C4_1", "sus_C4_2"}
    assert library.choose(64, 80, 1.0, rng).take.path.stem == "sus_F4_1"
    assert library.choose(60, 80, 0.2, rng).take.path.stem == "staccato_C4_1"
    assert all("pizz" not in sample.take.path.stem for sample in library.samples)


def test_a_map(tmp_path):
    write(tmp_path, x=note(60), y=note(64), unmapped=note(70))
    (tmp_path / "part.txt").write_text(
        "<region> sample=x.$EXT lokey=58 hikey=61 pitch_keycenter=60 hivel=90 volume=-3\n"
        "<region> sample=y.$EXT lokey=62 hikey=66 pitch_keycenter=64 hivel=90\n"
        "<region> sample=y.$EXT key=60 pitch_keycenter=64 lovel=91\n"
    )
    (tmp_path / "all.txt").write_text('<group>\n#include "Data/part.txt"')
    library = sample_library.read(tmp_path)
    assert len(library.samples) == 3 and library.layer_edges == (90, 127)
    assert (library.low, library.high) == (58, 66)
    rng = np.random.default_rng(0)
    assert library.choose(61, 80, 1.0, rng).take.path.stem == "x"
    assert library.choose(60, 120, 1.0, rng).take.path.stem == "y"


def test_what_is_a_library(tmp_path):
    names = ("C4", "D4", "E4", "F4", "G4", "A4")
    notes = write(tmp_path / "notes", **{name: note(60, 0.5) for name in names})
    assert sample_library.is_single_notes([notes])
    pieces = write(tmp_path / "pieces", **{f"take_{i}": note(60, 0.5) for i in range(6)})
    assert not sample_library.is_single_notes([pieces])
    long = write(tmp_path / "long", **{f"song_in_{name}": np.zeros(300000) for name in names})
    assert not sample_library.is_single_notes([long])
    (pieces / "map.sfz").write_text("<region> sample=take_1.wav key=60")
    assert sample_library.is_single_notes([pieces])


def test_what_is_wrong_is_said(tmp_path):
    with pytest.raises(UserError, match="no such folder or SFZ file"):
        sample_library.read(tmp_path / "none")
    noise = np.random.default_rng(0).normal(scale=0.1, size=16000).astype("float32")
    write(tmp_path, hiss=noise)
    with pytest.raises(UserError, match="no pitch was heard"):
        sample_library.read(tmp_path)
    with pytest.raises(UserError, match="not an SFZ file"):
        sample_library.read(tmp_path / "hiss.wav")
