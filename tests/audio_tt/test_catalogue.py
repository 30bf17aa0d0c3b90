"""Models that come with a package, and the user's own."""

from pathlib import Path

import pytest

from audio_tt.errors import UserError
from audio_tt.models import catalogue


@pytest.fixture
def models(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    for folder in ("system_tt/pretrained/flute", "home/system/flute", "home/system/my_sax"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "model.h5").touch()
    (tmp_path / "home/system/unfinished").mkdir()
    (tmp_path / "home/system/theirs").mkdir()
    (tmp_path / "home/system/theirs/ckpt-3.index").touch()
    return catalogue.Catalogue(tmp_path / "system_tt/pretrained", "model.h5", ["*.index"])


def test_the_users_models_are_found_and_shipped_ones_come_first(models, tmp_path):
    assert models.instruments() == ["flute", "my_sax", "theirs"]
    assert models.folder("my_sax") == tmp_path / "home/system/my_sax"
    assert models.folder("flute") == tmp_path / "system_tt/pretrained/flute"
    with pytest.raises(UserError, match="no instrument is called 'unfinished'.*flute, my_sax"):
        models.folder("unfinished")


def test_names_for_new_models(models, tmp_path):
    assert models.new_folder("my_sax") == tmp_path / "home/system/my_sax"
    for name in ("", "..", "a/b", ".hidden"):
        with pytest.raises(UserError, match="no name for an instrument"):
            models.new_folder(name)
    with pytest.raises(UserError, match="called flute comes with the package"):
        models.new_folder("flute")


def test_where_the_users_models_are(monkeypatch):
    monkeypatch.delenv("TIMBRE_TT_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/somewhere")
    assert catalogue.user_folder() == Path("/somewhere/timbre-tt")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert catalogue.user_folder() == Path.home() / ".local/share/timbre-tt"
