"""Gin files of Magenta's package, as they are: what is unknown here is told and passed over."""

import gin
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt.configurables import models


@pytest.fixture
def folder(tmp_path):
    """Files in the layout of ddsp/training/gin, which include each other from its root."""
    files = {
        "datasets/base.gin": "import ddsp.training\nevaluate.batch_size = 32\n",
        "datasets/notes.gin": (
            "include 'datasets/base.gin'\n"
            "train.data_provider = @train_data/data.NotesOfTheirs()\n"
            "train_data/NotesOfTheirs.split = 'train'\n"
        ),
        "models/one.gin": (
            "import ddsp\n"
            "get_model.model = @models.Autoencoder()\n"
            "Trainer.checkpoints_to_keep = 9\n"
        ),
        "models/two.gin": (
            "# -*-gin-*-\nget_model.model = @models.ModelOfTheirs()\nModelOfTheirs.size = 2\n"
        ),
        "papers/all.gin": "include 'models/one.gin'\ninclude 'datasets/notes.gin'\n",
    }
    root = tmp_path / "ddsp" / "training" / "gin"
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_text(text)
    return root


def parse(*paths):
    settings.parse_gin(("ddsp/published.gin", *paths))


def test_a_provider_that_is_unknown_is_left_unset(folder, caplog):
    parse(folder / "papers" / "all.gin")
    assert gin.query_parameter("train.data_provider") is None
    assert isinstance(models.get_model(), models.Autoencoder)
    for words in (
        "@data.NotesOfTheirs() is not known here, so train.data_provider is not set",
        "notes.gin: not known here and passed over: data.NotesOfTheirs",
        "base.gin: not known here and passed over: evaluate.batch_size",
    ):
        assert words in caplog.text


def test_modules_of_their_own_are_passed_over(folder, caplog):
    path = folder / "own.gin"
    path.write_text(
        "import ddsp\nimport module_of_theirs.models\nfrom module_of_theirs import losses\n"
        "include 'models/one.gin'\nimport module_of_theirs\nRnnFcDecoder.ch = 8\n"
    )
    parse(path)
    assert isinstance(models.get_model(), models.Autoencoder)
    assert gin.query_parameter("RnnFcDecoder.ch") == 8
    lines = (
        "line 2 (import module_of_theirs.models), line 3 (from module_of_theirs import losses), "
        "line 5 (import module_of_theirs)"
    )
    assert f"{path}: not known here and passed over: {lines}" in caplog.text


def test_a_model_that_is_unknown_cannot_be_built(folder):
    parse(folder / "models" / "two.gin")
    with pytest.raises(UserError, match="no model that is known here"):
        models.get_model()


def test_in_a_file_of_ones_own_what_is_unknown_is_refused(folder, tmp_path):
    for text, words in (
        ("import module_of_theirs.models\n", "own.gin, line 1: .*module_of_theirs"),
        ("evaluate.batch = 3\n", "own.gin, line 1: evaluate has no parameter batch"),
        ("ModelOfTheirs.size = 2\n", "own.gin, line 1: nothing is called ModelOfTheirs"),
    ):
        (tmp_path / "own.gin").write_text(text)
        with pytest.raises(UserError, match=words):
            parse(tmp_path / "own.gin")
    (tmp_path / "own.gin").write_text("# -*-gin-*-\nModelOfTheirs.size = 2\n")
    parse(tmp_path / "own.gin")
