import json

import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from pix2pix_tt import evaluation, fast
from pix2pix_tt.features import SliceSpectrogram
from pix2pix_tt.trained import loading

RATE = 44100
pytestmark = pytest.mark.usefixtures("fresh_gin")


class Copyist:
    """A generator that draws what it sees, 0.1 higher in -1..1."""

    input_shape = (None, None, None, 1)


@pytest.fixture
def copyist(monkeypatch):
    monkeypatch.setattr(
        fast, "drawing", lambda generator: lambda images: np.minimum(images + 0.1, 1.0)
    )
    features = SliceSpectrogram(n_bins=128, slice_frames=32)
    return loading.TrainedModel("copyist", Copyist(), features)


def test_figures_of_a_known_drawing(copyist, melody):
    audio = melody("plucked", RATE, 1.5)
    rows = evaluation.compare(copyist, audio, audio, ("input", "griffin_lim", "zero"))
    assert list(rows) == ["input", "griffin_lim", "zero", evaluation.COPY]
    assert rows["input"]["l1"] == pytest.approx(0.1, rel=1e-3)
    assert rows[evaluation.COPY]["l1"] == rows[evaluation.COPY]["log_spectral_distance_db"] == 0.0
    assert rows["griffin_lim"]["convergence"] <= rows["input"]["convergence"] < 0.05
    assert rows["zero"]["convergence"] > 0.2
    distances = [rows[name]["log_spectral_distance_db"] for name in ("zero", "input")]
    assert distances[0] > distances[1] > 0.0
    other = melody("bowed", RATE, 1.4)
    rows = evaluation.compare(copyist, audio, other, ("input",))
    levels = [
        copyist.features.to_level(copyist.features.analyse(x[: len(other)])[0])
        for x in (audio, other)
    ]
    copying = 2 * np.abs(levels[0] - levels[1]).mean()
    assert rows["input"]["of_copying"] == pytest.approx(copying, rel=1e-3)
    assert rows["input"]["ratio"] == pytest.approx(rows["input"]["l1"] / copying, rel=1e-3)
    assert rows[evaluation.COPY]["mfcc_distance"] > 1.0


@pytest.fixture
def audios(tmp_path, melody):
    for instrument, timbre in (("piano", "plucked"), ("violin", "bowed")):
        for name, seconds in (("a", 0.5), ("b", 0.8)):
            path = tmp_path / "audios" / instrument / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, melody(timbre, RATE, seconds), RATE)
    return tmp_path / "audios"


def test_recordings_that_are_the_same_have_no_ratio(copyist, audios):
    pairs = evaluation.find_pairs(audios, "piano", "piano")
    rows = evaluation.evaluate(copyist, pairs, ("input",))
    assert np.isnan(rows[-2]["ratio"]) and rows[-2]["file"] == "mean"


def test_a_table_of_files_and_means(copyist, audios, tmp_path):
    pairs = evaluation.find_pairs(audios, "piano", "violin")
    rows = evaluation.evaluate(copyist, pairs, ("input", "zero"))
    assert [row["file"] for row in rows] == ["a"] * 3 + ["b"] * 3 + ["mean"] * 3
    first, second, mean = (rows[i] for i in (0, 3, 6))
    assert mean["l1"] == pytest.approx((first["l1"] + second["l1"]) / 2)
    copying = first["of_copying"] + second["of_copying"]
    assert mean["ratio"] == pytest.approx((first["l1"] + second["l1"]) / copying)
    table = evaluation.as_markdown(rows).splitlines()
    assert len(table) == 2 + len(rows)
    assert len({line.count("|") for line in table}) == 1 and "nan" not in "".join(table)
    evaluation.save(rows, tmp_path / "table.json")
    assert json.loads((tmp_path / "table.json").read_text())[2]["convergence"] is None
    evaluation.save(rows, tmp_path / "table.csv")
    lines = (tmp_path / "table.csv").read_text().splitlines()
    assert lines[0].split(",") == ["file", "phase", *evaluation.FIGURES]
    assert len(lines) == 1 + len(rows)
    with pytest.raises(UserError, match="change the extension"):
        evaluation.save(rows, tmp_path / "table.txt")


def test_several_models_and_instruments_in_one_table(copyist, audios):
    pairs = evaluation.find_pairs(audios, "piano", "violin")
    rows = evaluation.evaluate(copyist, pairs, ("input", "zero"))
    lines = evaluation.summary({("a", "piano"): rows, ("b", "piano"): rows}).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("| model | from | L1 | of copying | share | LSD (dB) |")
    _, model, origin, *cells, _ = (cell.strip() for cell in lines[2].split("|"))
    assert (model, origin) == ("a", "piano")
    drawn, copied = rows[-3], rows[-1]
    wanted = [drawn["l1"], copied["l1"], drawn["ratio"]]
    for key in ("log_spectral_distance_db", "mfcc_distance"):
        wanted += [drawn[key], copied[key], drawn[key] / copied[key]]
    wanted.append(drawn["pitch_jaccard"])
    np.testing.assert_allclose([float(cell) for cell in cells], wanted, rtol=1e-3)


def test_one_target_for_all_models_or_one_for_each():
    assert evaluation.choose(["a", "b"], ["flute"], ["x", "y"]) == [
        ("a", "x", "flute"),
        ("a", "y", "flute"),
        ("b", "x", "flute"),
        ("b", "y", "flute"),
    ]
    assert evaluation.choose(["a", "b"], ["flute", "harp"], ["x"])[1] == ("b", "x", "harp")
    with pytest.raises(UserError, match="2 instruments for 3 models"):
        evaluation.choose(["a", "b", "c"], ["flute", "harp"], ["x"])


def test_the_notes_of_a_copy_are_those_of_the_input(copyist, melody):
    audio = melody("plucked", RATE, 1.5)
    rows = evaluation.compare(copyist, audio, audio, ("input", "zero"))
    assert rows["input"]["pitch_jaccard"] < 0.2
    assert rows[evaluation.COPY]["pitch_jaccard"] == 0.0


def test_a_pair_that_cannot_be_read_is_left_out(audios, caplog):
    (audios / "violin" / "b.wav").write_text("no sound")
    pairs = evaluation.find_pairs(audios, "piano", "violin")
    assert evaluation.readable(pairs) == ({"a": pairs["a"]}, 1)
    assert len(caplog.messages) == 1 and str(audios / "violin" / "b.wav") in caplog.messages[0]


def test_recordings_without_a_partner_are_named(audios):
    (audios / "violin" / "b.wav").unlink()
    with pytest.raises(UserError, match=r"piano/b.wav has no partner .* in .*violin"):
        evaluation.find_pairs(audios, "piano", "violin")
    with pytest.raises(UserError, match=r"piano/b.wav has no partner"):
        evaluation.find_pairs(audios, "violin", "piano")
    with pytest.raises(UserError, match="kazoo"):
        evaluation.find_pairs(audios, "piano", "kazoo")
