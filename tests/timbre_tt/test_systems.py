"""The front door finds instruments by name, and models by where they lie."""

import shutil

import pytest

from audio_tt.errors import UserError
from ddsp_tt.trained import catalogue as ddsp_catalogue
from timbre_tt import systems


@pytest.mark.parametrize(
    ("file", "system"),
    [
        ("model.h5", "ddsp"),
        ("ckpt-300.index", "ddsp"),
        ("generator.h5", "pix2pix"),
        ("weights.h5", "autoencoder"),
    ],
)
def test_a_model_folder_or_file_says_what_plays_it(file, system, tmp_path, monkeypatch):
    folder = tmp_path / "my runs" / "mine"
    folder.mkdir(parents=True)
    (folder / file).touch()
    assert systems.best_for(str(folder)) == system
    assert systems.title(str(folder)) == "mine"
    if file.endswith(".h5"):
        assert systems.best_for(str(folder / file)) == system
        assert systems.title(str(folder / file)) == "mine"
    monkeypatch.setenv("RUNS", str(tmp_path / "my runs"))
    assert systems.best_for("$RUNS/mine") == system
    monkeypatch.chdir(folder)
    assert systems.best_for(".") == system and systems.title(".") == "mine"


def test_a_folder_of_an_instruments_name_that_holds_no_model_is_passed_over(tmp_path, monkeypatch):
    (tmp_path / "flute").mkdir()
    monkeypatch.chdir(tmp_path)
    assert systems.best_for("flute") == "ddsp"
    assert ddsp_catalogue.MODELS.find("flute") == ddsp_catalogue.folder("flute")
    (tmp_path / "mine").mkdir()
    with pytest.raises(UserError, match="mine: not a model; it holds no model.h5"):
        systems.best_for("mine")
    with pytest.raises(UserError, match="mine: not a model, model.h5 is missing"):
        ddsp_catalogue.MODELS.find("mine")


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no instrument is called 'floote'.*did you mean flute?"):
        systems.best_for("floote")
    with pytest.raises(UserError, match="no such instrument; there are: .*did you mean trumpet?"):
        ddsp_catalogue.MODELS.find("trumpt")


def test_a_model_by_its_path_plays(tmp_path):
    shutil.copytree(ddsp_catalogue.folder("flute"), tmp_path / "mine")
    player = systems.player("ddsp", str(tmp_path / "mine" / "model.h5"))
    assert (player.instrument.name, player.sample_rate) == ("mine", 16000)
