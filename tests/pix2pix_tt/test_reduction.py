from pathlib import Path

import commands
import numpy as np
import pytest

from audio_tt.errors import UserError
from pix2pix_tt.data.reduction import choose_slices, reduce_dataset


def names_of(folder):
    found = {}
    for path in folder.rglob("*.npy"):
        found.setdefault(path.parent.name, set()).add(path.name)
    return found


def test_the_same_slices_of_every_instrument(features_path, tmp_path):
    assert reduce_dataset(features_path, tmp_path / "third", 1 / 3) == 6
    chosen = names_of(tmp_path / "third")
    assert set(chosen) == {"piano", "guitar", "violin"}
    assert len(chosen["piano"]) == 6
    assert chosen["piano"] == chosen["guitar"] == chosen["violin"]
    for path in (tmp_path / "third").rglob("*.npy"):
        original = features_path / path.parent.name / path.name
        np.testing.assert_array_equal(np.load(path), np.load(original))


def test_the_seed_decides(features_path):
    assert choose_slices(features_path, 0.5) == choose_slices(features_path, 0.5)
    assert choose_slices(features_path, 0.5) != choose_slices(features_path, 0.5, seed=1)
    assert len(choose_slices(features_path, 1e-6)) == 3


def test_a_slice_without_partner_is_never_chosen(tmp_path):
    for name, slices in (("piano", "abc"), ("guitar", "bcd")):
        (tmp_path / name).mkdir()
        for letter in slices:
            np.save(tmp_path / name / f"{letter}_000.npy", np.zeros(1))
    chosen = choose_slices(tmp_path, 0.99)
    assert chosen == [
        Path(name, f"{letter}_000.npy") for name in ("guitar", "piano") for letter in "bc"
    ]


def test_bad_input(features_path, tmp_path):
    for fraction in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(UserError, match="above 0 and below 1"):
            choose_slices(features_path, fraction)
    with pytest.raises(UserError, match="gone: no such folder"):
        choose_slices(tmp_path / "gone", 0.1)
    with pytest.raises(UserError, match="holds no slices"):
        choose_slices(tmp_path, 0.1)


def test_the_command_does_not_mix_with_what_is_there(features_path, tmp_path):
    command = ["pix2pix_tt.reduce_dataset", "--fraction=0.2"]
    command += [f"--dataset_path={features_path}", f"--reduced_path={tmp_path / 'part'}"]
    for _ in range(2):
        assert commands.run(*command).returncode == 0
    before = names_of(tmp_path / "part")
    result = commands.run(*command, "--seed=1")
    assert result.returncode == 1
    assert "not among the slices that were chosen" in result.stderr
    assert names_of(tmp_path / "part") == before
