"""Where a converted folder of Magenta's goes, and which of its settings count."""

import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt.configurables import models
from ddsp_tt.magenta import folders
from ddsp_tt.trained import loading


@pytest.fixture
def one_model(monkeypatch, small_gin):
    """A small model in place of what a folder holds."""
    settings.parse_gin((small_gin,))
    model = loading.build(models.get_model())
    monkeypatch.setattr(folders, "load", lambda *_: (model, None))


def test_weights_are_h5(one_model, tmp_path):
    with pytest.raises(UserError, match=r"other\.txt: weights are written as \.h5"):
        folders.convert(tmp_path, tmp_path / "other.txt")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["model.h5", "flute.h5"])
def test_what_is_written_is_a_model_by_any_name(one_model, tmp_path, name):
    folders.convert(tmp_path, tmp_path / name)
    assert loading.load(tmp_path / name).model.count_params() > 0


def test_settings_of_the_highest_step(tmp_path):
    assert folders.find_gin(tmp_path) is None
    for step in ("", "-0", "-9000", "-10000"):
        (tmp_path / f"operative_config{step}.gin").write_text("")
        assert folders.find_gin(tmp_path).name == f"operative_config{step}.gin"
