import csv

import gin
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from style_tt import evaluation
from style_tt.playing import loading

RATE = 22050


@pytest.fixture(scope="module")
def pair(melody):
    return evaluation.Pair("a as b", melody("plucked", RATE, 0.8), melody("bowed", RATE, 1.0))


def test_the_copies_mark_the_corners(pair):
    content = evaluation.compare(pair, 0.1 * pair.content)
    assert content["pitch_jaccard"] == 0.0
    assert content["log_spectral_distance_db"] == pytest.approx(0.0, abs=1e-3)
    assert content["frechet_ratio"] == pytest.approx(1.0) and content["gram"] > 0.1
    style = evaluation.compare(pair, 0.3 * pair.style)
    assert style["mfcc_frechet"] < 0.01 * content["mfcc_frechet"]
    assert style["gram"] < 1e-6 and style["pitch_jaccard"] >= 0.0
    assert style["log_spectral_distance_db"] > 3.0


def test_what_is_done_is_not_done_again(pair, small, monkeypatch, tmp_path):
    played = []

    def play(pair, seed):
        played.append(gin.query_parameter("Optimisation.method"))
        return pair.content

    monkeypatch.setattr(evaluation, "_play", play)
    path = tmp_path / "table.csv"
    assert evaluation.load(path) == []
    gin_files = ["style/default.gin", "style/lbfgs.gin"]
    rows = evaluation.evaluate(
        [pair], gin_files[:1], report=lambda rows: evaluation.save(rows, path)
    )
    assert played == ["adam"] and len(rows) == 3
    rows = evaluation.evaluate([pair], gin_files, finished=evaluation.load(path))
    assert played == ["adam", "lbfgs"] and [row["setting"] for row in rows[:2]] == list(
        evaluation.COPIES
    )
    table = evaluation.as_markdown(rows).splitlines()
    assert len(table) == 6 and table[-1].startswith("| style/lbfgs.gin | 0 | ")
    assert "a as b" in evaluation.as_markdown(rows, per_pair=True)
    made = [row["made_from"] for row in rows]
    other = evaluation.Pair(pair.name, pair.content[100:], pair.style)
    for change in ({"seed": 1}, {"gin_params": ["GramLoss.weight=3.0"]}, {"pairs": [other]}):
        words = {"pairs": [pair], "compared": gin_files, "finished": rows, **change}
        again = evaluation.evaluate(**words)
        assert len(again) == len(rows) and len(played) == 4
        assert all(row["made_from"] != old for row, old in zip(again[2:], made[2:], strict=True))
        del played[2:]
    old = path.read_text().replace(",made_from", "").splitlines()
    path.write_text("\n".join([old[0], *(line.rpartition(",")[0] for line in old[1:])]) + "\n")
    assert {row["made_from"] for row in evaluation.load(path)} == {""}
    path.write_text(path.read_text()[:-30])
    with pytest.raises(UserError, match="damaged"):
        evaluation.load(path)
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([["a", "b"], ["1", "2"]])
    with pytest.raises(UserError, match="another table"):
        evaluation.load(path)


def test_settings_are_played(pair, small):
    short = evaluation.Pair("short", pair.content[: RATE // 2], pair.style[:RATE])
    loading.read_settings(["style/weak_content.gin"])
    audio = evaluation._play(short, 0)
    assert len(audio) == RATE // 2
    change = [evaluation.compare(short, x)["gram"] for x in (short.content, audio)]
    assert change[1] < 0.8 * change[0]


def test_pairs_are_read(tmp_path, pair):
    for name in ("a", "b"):
        io.write(tmp_path / f"{name}.wav", pair.content, RATE)
    paths = [tmp_path / "a.wav", tmp_path / "b.wav"]
    (read,), failed = evaluation.read_pairs(paths, content_seconds=0.5)
    assert failed == 0 and read.name == "a as b" and len(read.content) == RATE // 2
    assert len(read.style) == len(pair.content)
    (later,), _ = evaluation.read_pairs(paths, style_seconds=0.25, start=0.5)
    np.testing.assert_array_equal(later.content, read.style[RATE // 2 :])
    np.testing.assert_array_equal(later.style, read.style[RATE // 2 :][: RATE // 4])
    with pytest.raises(UserError, match="in turn"):
        evaluation.read_pairs(paths[:1])
    with pytest.raises(UserError, match="ends before 60 s"):
        evaluation.read_pairs(paths, start=60.0)


def test_pairs_of_one_name_are_told_apart_and_bad_ones_left_out(tmp_path, pair, caplog):
    for name in ("x/a", "y/a", "b"):
        io.write(tmp_path / f"{name}.wav", pair.content, RATE)
    (tmp_path / "c.wav").write_text("no sound")
    paths = [tmp_path / f"{name}.wav" for name in ("x/a", "b", "c", "b", "y/a", "b")]
    read, failed = evaluation.read_pairs(paths)
    assert [pair.name for pair in read] == ["x_a as b", "y_a as b"] and failed == 1
    assert len(caplog.messages) == 1 and "c.wav" in caplog.messages[0]
