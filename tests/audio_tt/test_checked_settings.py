import dataclasses

import gin
import pytest

from audio_tt import settings
from audio_tt.errors import UserError


@gin.configurable(module="tests.checked_settings")
@settings.checked("train_something")
def train_something(data, epochs: int = 3, rate: float = 0.1, name: str | None = None, sizes=()):
    """Something that gin configures."""
    return data, epochs, rate, name, sizes


@gin.configurable(module="tests.checked_settings")
@dataclasses.dataclass(frozen=True)
class SomeSettings:
    """The same, a dataclass."""

    is_on: bool = True
    sizes: tuple[int, ...] = ()

    def __post_init__(self):
        settings.check_types(self)


@pytest.fixture(autouse=True)
def fresh_gin():
    yield
    gin.clear_config()


def test_what_fits_goes_through():
    settings.parse_gin(parameters=["train_something.epochs = 5", "train_something.rate = 1"])
    assert train_something([1], name="a", sizes="any") == ([1], 5, 1, "a", "any")
    settings.parse_gin(parameters=["SomeSettings.sizes = (1, 2)", "SomeSettings.is_on = False"])
    assert SomeSettings() == SomeSettings(False, (1, 2))


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        ("epochs = 2.5", "train_something.epochs is 2.5; it must be a whole number"),
        ("epochs = True", "train_something.epochs is True; it must be a whole number"),
        ("rate = 'fast'", "train_something.rate is 'fast'; it must be a number"),
        ("name = 3", "train_something.name is 3; it must be None or a text"),
    ],
)
def test_what_does_not_is_named(parameter, words):
    settings.parse_gin(parameters=[f"train_something.{parameter}"])
    with pytest.raises(UserError, match=words):
        train_something(None)


def test_a_dataclass_names_its_field():
    settings.parse_gin(parameters=["SomeSettings.is_on = 1"])
    with pytest.raises(UserError, match="SomeSettings.is_on is 1; it must be True or False"):
        SomeSettings()


def test_names_that_do_not_exist_are_still_refused():
    with pytest.raises(UserError, match="has no parameter epoch; did you mean epochs?"):
        settings.parse_gin(parameters=["train_something.epoch = 5"])
