"""What the package brings along, and how it is made again."""

from ddsp_tt.trained import catalogue
from tools import train_instruments


def test_make_pretrained_trains_the_instruments_that_are_included():
    included = [name for name in catalogue.MODELS.shipped() if not name.endswith("k")]
    assert included == train_instruments.INCLUDED
