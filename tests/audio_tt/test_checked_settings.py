import dataclasses

import gin
import pytest

from audio_tt import setting_types, settings
from audio_tt.errors import UserError


@gin.configurable(module="tests.checked_settings")
@setting_types.checked("train_something")
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
        setting_types.check_types(self)


@pytest.fixture(autouse=True)
def fresh_gin():
    yield
    gin.clear_config()


def test_what_fits_goes_through():
    settings.parse_gin(parameters=["train_something.epochs = 5", "train_something.rate = 1"])
    assert train_something([1], name="a", sizes="any") == ([1], 5, 1, "a", "any")
    settings.parse_gin(parameters=["SomeSettings.sizes = [1, 2]", "SomeSettings.is_on = False"])
    assert SomeSettings() == SomeSettings(False, [1, 2])


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (
            "train_something.epochs = 2.5",
            "train_something.epochs is 2.5; it must be a whole number",
        ),
        ("train_something.epochs = True", "is True; it must be a whole number"),
        ("train_something.rate = 'fast'", "train_something.rate is 'fast'; it must be a number"),
        ("train_something.name = 3", "train_something.name is 3; it must be None or a text"),
        ("train_something.sizes = 3", "train_something.sizes is 3; it must be a list"),
        ("train_something.name = fast", "fast is no value; a text stands in quotes, 'fast'"),
        ("SomeSettings.is_on = 1", "SomeSettings.is_on is 1; it must be True or False"),
        ("SomeSettings.sizes = 5", "SomeSettings.sizes is 5; it must be a list of whole numbers"),
        ("SomeSettings.sizes = ('a',)", r"sizes is \('a',\); it must be a list of whole numbers"),
        ("train_something.epoch = 5", "has no parameter epoch; did you mean epochs?"),
        ("train_somthing.epochs = 5", "nothing is called train_somthing; did you mean train_some"),
        ("rat = 5", "nothing reads the macro rat; did you mean rate?"),
    ],
)
def test_what_does_not_is_named_before_anything_is_called(parameter, words, tmp_path):
    base = tmp_path / "base.gin"
    base.write_text("rate = 0.5\ntrain_something.rate = %rate\n")
    with pytest.raises(UserError, match=words):
        settings.parse_gin([base], [parameter])
    base.write_text("rate = 0.5\ntrain_something.rate = %rate\n" + parameter)
    with pytest.raises(UserError, match=words):
        settings.parse_gin([base])


def test_a_macro_is_of_the_type_of_what_reads_it(tmp_path):
    base = tmp_path / "base.gin"
    base.write_text("rate = 0.5\ntrain_something.rate = %rate\n")
    with pytest.raises(UserError, match="train_something.rate is 'x'; it must be a number"):
        settings.parse_gin([base], ["rate = 'x'"])


def test_arguments_of_the_caller_are_checked_too():
    with pytest.raises(UserError, match="train_something.epochs is 2.5"):
        train_something(None, epochs=2.5)
    with pytest.raises(UserError, match="SomeSettings.is_on is 1"):
        SomeSettings(is_on=1)


def test_a_setting_that_nothing_reads_is_refused(tmp_path):
    base = tmp_path / "base.gin"
    base.write_text("rate = 0.5\ntrain_something.rate = %rate\n")
    settings.parse_gin([base], ["rate = 0.1", "train_something.epochs = 5"])
    train_something(None)
    settings.refuse_unused()
    train = ("train_something.epochs = 5", "a/train_something.epochs = 5")
    for parameter, call in (
        (train[0], lambda: train_something(None, epochs=7)),
        (train[1], lambda: train_something(None)),
        ("SomeSettings.is_on = False", lambda: train_something(None)),
    ):
        settings.parse_gin([base], [parameter])
        call()
        with pytest.raises(UserError, match=f"--gin_param={parameter} would do nothing"):
            settings.refuse_unused()
        settings.refuse_unused(later=("train_something", "SomeSettings", "macro"))
