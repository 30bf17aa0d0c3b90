import re

import numpy as np
import pytest

from audio_tt.music import melodies
from audio_tt.training import holding_out
from audio_tt.training.holding_out import choose, choose_pieces, without_number

NAMES = [f"tune {i}" for i in range(2000)]


def test_names_are_spread_evenly_and_stay_where_they_are():
    places = np.sort([holding_out.place_of(name) for name in NAMES])
    assert np.abs(places - np.linspace(0, 1, len(NAMES))).max() < 0.04
    # Those of the included music: what was held out when the included models were trained.
    assert holding_out.place_of("Amazing Grace") == pytest.approx(0.1426573)


def test_a_larger_share_holds_out_the_same_and_more():
    few, more = choose(NAMES, 0.1), choose(NAMES, 0.2)
    assert len(few) == 200 and len(more) == 400 and few < more
    assert len({name for name in NAMES if holding_out.is_held_out(name, 0.1)} ^ few) < 20


def test_at_least_one_is_held_out_and_one_is_not():
    assert len(choose(["a", "b"], 0.01)) == len(choose(["a", "b"], 1.0)) == 1
    assert choose(["a", "b"], 0.0) == choose(["a"], 0.5) == choose([], 0.1) == set()


def test_a_tune_is_the_same_in_every_collection():
    for name in NAMES[:50]:
        assert melodies.is_held_out(f"folk/{name}") == holding_out.is_held_out(name)


def test_pieces_of_a_recording_stay_together():
    names = [f"flute_{i:03d}_{k:03d}" for i in range(10) for k in range(3)]
    held_out = choose_pieces(names, 0.2, without_number)
    assert len(held_out) == 6
    assert {without_number(name) for name in held_out} == choose(
        {without_number(name) for name in names}, 0.2
    )


def test_numbered_recordings_are_recordings():
    """Where the number is not ours, or where there is only one recording."""
    names = [f"flute_{i:03d}" for i in range(310)]
    assert len(choose_pieces(names, 0.1, str)) == 31
    assert len(choose_pieces(names, 0.1, without_number)) == 31


@pytest.mark.parametrize("name", ["song_012", "bwv_1_0001", "a_b_3"])
def test_only_the_last_number_goes(name):
    assert without_number(name) == re.match(r"(.*)_\d+", name)[1]
    assert without_number("song12") == "song12" and without_number("take_2b") == "take_2b"
