"""Names of many recordings, and what happens when some cannot be read."""

from pathlib import Path

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import batches, finding, io


def test_no_two_recordings_have_one_name():
    paths = [Path(text) for text in ("a/take.wav", "b/take.wav", "b/take.flac", "b/solo.wav")]
    assert list(batches.names([*paths, paths[0]]).items()) == list(
        zip(paths, ["a_take", "b_take", "b_take.flac", "solo"], strict=True)
    )
    assert len(set(batches.names([Path(f"{n}/x/take.wav") for n in "abc"]).values())) == 3
    assert batches.distinct(["x", "x", "x_2", "x"]) == ["x", "x_3", "x_2", "x_4"]


def test_what_is_made_of_a_recording_keeps_its_place():
    top = Path("in")
    found = [finding.Found(top / name, top) for name in ("x/a.flac", "x/a.wav", "b.wav")]
    found += [finding.Found(Path("out/b.wav"))]
    assert [str(place) for place in batches.places(found).values()] == [
        "x/a",
        "x/a.wav",
        "in_b",
        "out_b",
    ]


def test_what_cannot_be_read_is_said_and_the_rest_done(tmp_path, caplog):
    good, bad, cut = (tmp_path / name for name in ("good.wav", "bad.wav", "cut.flac"))
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 40000)
    io.write(good, noise, 16000)
    bad.write_text("no sound")
    io.write(cut, noise, 16000)
    cut.write_bytes(cut.read_bytes()[:100])  # no samples of it
    assert batches.readable([bad, good, cut]) == ([good], 2)
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 2
    assert "bad.wav" in caplog.messages[0] and "cut.flac" in caplog.messages[1]
    with pytest.raises(UserError, match=r"cut\.flac"):
        batches.readable([bad, cut])
    assert len(caplog.records) == 3 and "bad.wav" in caplog.messages[2]
