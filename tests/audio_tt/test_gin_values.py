"""Gin files as plain values."""

import pytest

from audio_tt import gin_values
from audio_tt.gin_values import NotPlain, Reference


def test_settings_are_read_as_plain_values(tmp_path):
    path = tmp_path / "settings.gin"
    path.write_text(
        "n = 3\ncore.f.x = %n\nB.y = [(@synths.C(), ['a', %n])]\nD.z = @s/core.f\ns/core.f.x = 1\n"
    )
    assert gin_values.read(path) == {
        "f.x": 3,
        "B.y": [(Reference("C", True), ["a", 3])],
        "D.z": Reference("s/f", False),
        "s/f.x": 1,
    }


@pytest.mark.parametrize("text", ["import os\n", "include 'a.gin'\n", "B.x = %unknown\n"])
def test_what_is_not_plain(text):
    with pytest.raises(NotPlain):
        gin_values.parse(text)
