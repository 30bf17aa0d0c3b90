import os

import pytest

from audio_tt.errors import UserError
from audio_tt.files import provenance

SETTINGS = {"hop_length": 32, "window": {"name": "hann", "edges": (0, 1)}}
OTHER = {"hop_length": 16, "window": {"name": "hann", "edges": (0, 2)}}


@pytest.fixture
def made(tmp_path):
    path = tmp_path / "slice.npy"
    path.write_bytes(b"figures")
    provenance.record(path, SETTINGS)
    return path


def test_what_is_missing_or_of_other_settings_must_be_made(made, tmp_path):
    assert provenance.must_be_made(tmp_path / "other.npy", SETTINGS)
    assert not provenance.must_be_made(made, SETTINGS)
    assert provenance.must_be_made(made, OTHER)
    assert provenance.must_be_made(made, SETTINGS | {"new": None})
    assert provenance.difference(made, SETTINGS) == ""
    assert provenance.difference(made, OTHER) == (
        "hop_length was 32, now 16, window.edges was [0, 1], now [0, 2]"
    )


def test_what_has_no_record_is_kept(tmp_path):
    path = tmp_path / "brought_along.npy"
    path.touch()
    assert not provenance.must_be_made(path, SETTINGS)
    assert provenance.difference(path, SETTINGS) == ""


def test_what_was_changed_since_is_not_overwritten(made):
    made.write_bytes(b"better figures")
    assert not provenance.must_be_made(made, SETTINGS)
    with pytest.raises(UserError, match="slice.npy: .*hop_length was 32, now 16.* changed since"):
        provenance.must_be_made(made, OTHER)


def test_discarding_leaves_nothing(made):
    provenance.discard(made)
    provenance.discard(made)
    assert not os.listdir(made.parent)


def test_a_damaged_record_is_named(made):
    for text in ("", "[]", "{}"):
        provenance.record_path(made).write_text(text)
        with pytest.raises(UserError, match=r"\.slice\.npy\.made\.json: is damaged"):
            provenance.must_be_made(made, SETTINGS)


def test_what_is_made_again_is_said_once(made, tmp_path, caplog):
    provenance.warn_of_remaking([(tmp_path / "missing.npy", OTHER)])
    assert not caplog.records
    provenance.warn_of_remaking([(made, OTHER), (tmp_path / "missing.npy", OTHER), (made, OTHER)])
    assert "2 files were made with other settings" in caplog.text
    assert "slice.npy: hop_length was 32, now 16" in caplog.text
