"""SFZ maps as they are found: fragments, includes, variables, and what they inherit."""

import pytest

from audio_tt.errors import UserError
from audio_tt.music import sfz


@pytest.fixture
def folder(tmp_path):
    for name in ("a.wav", "b.flac", "two words.wav"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def read(folder, text, name="map.sfz"):
    (folder / name).write_text(text)
    return sfz.read(folder / name)


def test_what_a_region_says(folder):
    (region,) = read(
        folder,
        "<region> sample=a.wav lokey=c#4 hikey=64 pitch_keycenter=62 tune=-21 volume=-3.5 "
        "lovel=10 hivel=100 // and a remark key=3",
    )
    assert region == sfz.Region(folder / "a.wav", (61, 64), 62.21, (10, 100), -3.5)


def test_regions_inherit_and_a_header_forgets_those_below_it(folder):
    regions = read(
        folder,
        "<global> volume=-1\n<group> lovel=64 sample=a.wav\n<region> key=60\n"
        "<region> key=61 lovel=1\n<group>\n<region> key=62 sample=two words.wav volume=2",
    )
    assert [(r.keys, r.velocities[0], r.volume_db, r.path.name) for r in regions] == [
        ((60, 60), 64, -1, "a.wav"),
        ((61, 61), 1, -1, "a.wav"),
        ((62, 62), 0, 2, "two words.wav"),
    ]


def test_includes_and_variables(folder):
    (folder / "part.txt").write_text("<region> key=$KEY sample=b.$EXT hivel=$high\n")
    (defined,) = read(folder, '#define $KEY 70\n#define $EXT flac\n#include "Data/part.txt"')
    assert defined.path.name == "b.flac" and defined.keys == (70, 70)
    assert defined.velocities == (0, 127)
    (fragment,) = read(folder, "<region> key=50 sample=b.$EXT", "fragment.txt")
    assert fragment.path == folder / "b.flac"
    assert sfz.included(folder / "map.sfz") == [folder / "part.txt"]


def test_keys_of_a_default_path_and_octaves(folder):
    (folder / "in").mkdir()
    (folder / "in" / "c.wav").write_bytes(b"")
    (region,) = read(
        folder, "<control> default_path=in/ octave_offset=1\n<region> sample=c.wav key=48"
    )
    assert region.path == folder / "in" / "c.wav" and region.keys == (60, 60)


def test_unknown_opcodes_are_named_once(folder, caplog):
    with caplog.at_level("WARNING", logger="absl"):
        regions = read(
            folder, "<region> sample=a.wav key=60 cutoff=9\n<region> sample=b key=61 cutoff=8"
        )
    assert len(regions) == 2
    assert [record.getMessage().count("cutoff") for record in caplog.records] == [1]


def test_what_is_wrong_is_said(folder):
    with pytest.raises(UserError, match="names no sample that is there"):
        read(folder, "<region> sample=missing.wav key=60")
    with pytest.raises(UserError, match="include each other"):
        read(folder, '#include "map.sfz"\n<region> sample=a.wav')
    with pytest.raises(UserError, match="cannot be read"):
        sfz.read(folder / "none.sfz")
