"""Models that a training keeps by name."""

from pathlib import Path

import pytest
from absl import flags
from absl.testing import flagsaver

from audio_tt.command import name_flags
from audio_tt.errors import UserError
from audio_tt.models.catalogue import Catalogue


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    flags.FLAGS.mark_as_parsed()
    return Catalogue(tmp_path / "system_tt/pretrained", "model.h5")


def export(run_dir, folder):
    folder.mkdir(parents=True)
    (folder / "model.h5").write_text(str(run_dir))


def test_a_model_is_found_by_the_name_and_said_by_it(models, caplog):
    with flagsaver.flagsaver(name="my_oud"), caplog.at_level("INFO", logger="absl"):
        name_flags.check(models, "runs/a b")
        name_flags.finish(models, "runs/a b", export)
    assert models.instruments() == ["my_oud"]
    assert (models.find("my_oud") / "model.h5").read_text() == "runs/a b"
    assert caplog.messages == [
        "the model is in 'runs/a b'",
        "play it: timbre-transfer IN.wav OUT.wav --instrument=my_oud",
    ]


def test_another_models_name_is_taken(models, tmp_path):
    run = tmp_path / "run"
    export(run, Path(models.own_path) / "my_oud")
    with flagsaver.flagsaver(name="my_oud"):
        with pytest.raises(UserError, match="my_oud is there already"):
            name_flags.check(models, run)
        run.mkdir()
        (run / "state.h5").touch()
        name_flags.check(models, run)  # a run that goes on keeps its name
