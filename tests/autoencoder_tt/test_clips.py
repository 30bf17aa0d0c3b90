import pickle

import numpy as np
import pytest

from audio_tt.errors import UserError
from autoencoder_tt.published import clips
from autoencoder_tt.published.features import Range


class Executed:
    def __reduce__(self):
        return (open, ("executed", "w"))


@pytest.fixture
def folder(tmp_path):
    picture = np.zeros((2, 3, 2))
    for name in ("b.wav", "a.wav"):
        clips.write(tmp_path / clips.INPUTS / f"{name}.npy", picture)
        clips.write(tmp_path / clips.TARGETS / f"{name}.npy", picture + 1)
    return tmp_path


def test_names(folder):
    assert clips.names(folder) == ["a.wav", "b.wav"]


@pytest.mark.parametrize("missing", [clips.INPUTS, clips.TARGETS])
def test_a_clip_without_its_partner(folder, missing):
    (folder / missing / "b.wav.npy").unlink()
    with pytest.raises(UserError, match=rf"b.wav.npy is in .*, but not in {missing}"):
        clips.names(folder)


def test_no_clips(tmp_path):
    with pytest.raises(UserError, match="holds no clips"):
        clips.names(tmp_path)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_ranges_that_the_original_wrote(tmp_path, protocol):
    """Values of numpy's; on Windows with its separator."""
    table = {
        "spectrograms/a.wav.npy": {"min": np.float32(-50.5), "max": np.float32(29.5)},
        "spectrograms\\b.wav.npy": {"min": np.float64(-1), "max": 2},
    }
    (tmp_path / "min_max_values.pkl").write_bytes(pickle.dumps(table, protocol))
    expected = {"a.wav": Range(-50.5, 29.5), "b.wav": Range(-1.0, 2.0)}
    assert clips.read_ranges(tmp_path) == expected


def test_ranges_for_the_original(tmp_path):
    ranges = {"b.wav": Range(-40.5, 39.5), "a.wav": Range(0.0, 1.0)}
    clips.write_ranges(tmp_path, ranges)
    table = pickle.loads((tmp_path / "min_max_values.pkl").read_bytes())
    assert table["spectrograms/b.wav.npy"] == {"min": -40.5, "max": 39.5}
    assert clips.read_ranges(tmp_path) == ranges


def test_nothing_in_the_ranges_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table = {"spectrograms/a.wav.npy": {"min": 0.0, "max": Executed()}}
    (tmp_path / "min_max_values.pkl").write_bytes(pickle.dumps(table))
    with pytest.raises(UserError, match="is refused"):
        clips.read_ranges(tmp_path)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("table", [[1, 2], {"a": 3}, {"a": {"min": 0}}, {3: {"min": 0, "max": 1}}])
def test_other_contents(tmp_path, table):
    (tmp_path / "min_max_values.pkl").write_bytes(pickle.dumps(table))
    with pytest.raises(UserError, match="holds no ranges"):
        clips.read_ranges(tmp_path)


def test_ranges_that_are_not_finite(tmp_path):
    clips.write_ranges(tmp_path, {"a.wav": Range(float("nan"), 1.0)})
    with pytest.raises(UserError, match="not finite"):
        clips.read_ranges(tmp_path)


def test_pictures_that_are_none(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(UserError, match="cannot be read"):
        clips.read(path, (2, 3, 2))
    path.write_bytes(b"nothing")
    with pytest.raises(UserError, match="damaged"):
        clips.read(path, (2, 3, 2))
    clips.write(path, np.full((2, 3, 2), np.nan))
    with pytest.raises(UserError, match="not finite"):
        clips.read(path, (2, 3, 2))
    with pytest.raises(UserError, match=r"is \(2, 3, 2\), but a picture of a clip is \(4, 3, 2\)"):
        clips.read(path, (4, 3, 2))
    np.save(path, np.array([Executed()], object), allow_pickle=True)
    with pytest.raises(UserError, match="damaged"):
        clips.read(path, (1,))
