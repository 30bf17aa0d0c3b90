"""A run goes on with the settings that it has, and what is changed is said and kept."""

import gin
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.training import run_settings
from audio_tt.training.run_directory import RunDirectory


@gin.configurable(module="tests.run_settings")
def train_run(weight=1.0, steps=10, sizes=(1, 2)):
    """Something that gin configures."""
    return weight, steps, sizes


@pytest.fixture
def base(tmp_path):
    path = tmp_path / "base.gin"
    path.write_text("train_run.steps = 10\n")
    yield path
    gin.clear_config()


def train(path, base, *parameters, **options):
    """What a command does; returns what was used."""
    run = RunDirectory(path)
    settings.parse_gin(run_settings.files(path, [base]), parameters)
    used = train_run()
    changes = run_settings.check(run, free=("train_run.steps",), **options)
    run_settings.keep(run, changes, step=3)
    run.save_state([], 3)
    return used


def test_the_bare_command_goes_on_as_it_began(base, tmp_path):
    path = tmp_path / "run"
    assert train(path, base, "train_run.weight = 0.5", "train_run.sizes = [3]") == (0.5, 10, [3])
    assert train(path, base) == (0.5, 10, [3])
    assert train(path, base, "train_run.steps = 20") == (0.5, 20, [3])
    assert train(path, base, "train_run.weight = 0.5", "train_run.sizes = (3,)")[1] == 20
    assert {p.name for p in path.iterdir()} == {"operative_config.gin", "state.h5"}


def test_other_settings_are_refused_or_noted(base, tmp_path, caplog):
    path = tmp_path / "run"
    train(path, base)
    before = (path / "operative_config.gin").read_text()
    changed = ("train_run.weight = 0.5", "train_run.sizes = (3,)")
    with pytest.raises(UserError, match=r"train_run.sizes = \(1, 2\), .*\(3,\) \(and 1 more\)"):
        train(path, base, *changed)
    assert (path / "operative_config.gin").read_text() == before
    with caplog.at_level("INFO", logger="absl"):
        assert train(path, base, *changed, allow_changes=True) == (0.5, 10, (3,))
    assert (path / "settings_until_000003.gin").read_text() == before
    line = "after 3: train_run.weight = 0.5, before 1.0"
    assert line in (path / "changes.log").read_text() and line in caplog.text
    assert train(path, base) == (0.5, 10, (3,))


def test_without_a_state_anything_may_be_another(base, tmp_path):
    path = tmp_path / "run"
    train(path, base)
    (path / "state.h5").unlink()
    assert train(path, base, "train_run.weight = 0.5")[0] == 0.5


def test_a_setting_that_does_nothing_is_refused(base, tmp_path):
    with pytest.raises(UserError, match="--gin_param=n/train_run.weight = 2.0 would do nothing"):
        train(tmp_path / "run", base, "n/train_run.weight = 2.0")
    assert not (tmp_path / "run").exists()


def test_paths_in_settings_are_filled_in(base, monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    given = ["train_run.sizes = ['~/a.sf2:0', '$HOME/b', 3, ('a~b',)]", "train_run.weight = 2.0"]
    settings.parse_gin([base], given)
    assert train_run() == (2.0, 10, ["/home/me/a.sf2:0", "/home/me/b", 3, ("a~b",)])
    assert "'/home/me/a.sf2:0'" in settings.operative_gin()
