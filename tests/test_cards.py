"""Model cards: each included model has the one that its files and its maker give."""

import json

import h5py
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.models import cards
from tools import write_cards


@pytest.mark.parametrize(
    ("system", "folder"), write_cards.included(), ids=lambda value: getattr(value, "name", value)
)
def test_an_included_model_has_the_card_of_its_files(system, folder):
    card = cards.describe(folder)
    assert card == write_cards.card_of(system, folder)
    assert "license: unknown" not in card and "Not said." not in card
    assert cards.summary(card) and "## How good it is" in card


@pytest.fixture
def model(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file["a/kernel"] = np.zeros((3, 5), "float16")
        file["a/bias"] = np.zeros(5, "float16")
    rows = "step,loss,val_loss\n100,9.0,\n200,8.0,8.5\n300,7.0,8.7\n"
    (tmp_path / "history.csv").write_text(rows)
    return tmp_path


def test_what_the_files_say(model):
    found = cards.facts(model / "model.h5")
    assert found["parameters"] == "20" and found["steps"] == "300"
    assert found["best val_loss"] == "8.5, step 200"


def test_what_its_maker_says_is_in_the_card(model):
    told = {
        "summary": "a kazoo",
        "license": "cc-by-4.0",
        "data": "An hour of kazoo, by A. Player.",
        "figures": [{"on": "kazoos", "LSD": "3.1"}, {"on": "combs", "MFCC": "9"}],
    }
    (model / "told.json").write_text(json.dumps(told))
    cards.write(model, "ddsp", {"steps": "300"}, cards.read_told(model / "told.json"))
    card = cards.describe(model)
    assert card.startswith("---\nlicense: cc-by-4.0\n") and "An hour of kazoo" in card
    assert "| on | LSD | MFCC |" in card and "| combs |  | 9 |" in card
    assert cards.summary(card) == "a kazoo"
    assert cards.describe(model / "nowhere") == "" and cards.summary("") == ""


@pytest.mark.parametrize("content", ["{", "[]", '{"licence": "MIT"}', '{"figures": {"LSD": 3}}'])
def test_a_wrong_description_is_one_line(tmp_path, content):
    path = tmp_path / "told.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"told\.json: "):
        cards.read_told(path)


def test_a_readme_of_the_users_is_not_replaced(model):
    (model / "README.md").write_text("What I did this summer.")
    with pytest.raises(UserError, match="no model's card, and is not replaced"):
        cards.write(model, "ddsp", {})
    assert (model / "README.md").read_text() == "What I did this summer."
