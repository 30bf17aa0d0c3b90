import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from pix2pix_tt.synthesis import note_banks
from pix2pix_tt.synthesis.note_banks import Source, build_bank, read_nsynth


@pytest.fixture
def folder(tmp_path, nsynth_path):
    """The folder of notes, to change."""
    for path in nsynth_path.iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def sounding(sounds):
    """The pitches that are not silent."""
    return [p for p, note in zip(note_banks.PITCHES, sounds, strict=True) if note.any()]


def test_the_published_range():
    assert note_banks.PITCHES == tuple(range(22, 108))
    assert note_banks.VELOCITIES == (25, 50, 100, 127)


def test_preset_0_is_read_where_none_is_named(nsynth_path):
    sounds = read_nsynth(Source("keyboard_acoustic", nsynth_path))
    assert sounds.shape == (86, 4, 64000)
    assert sounding(sounds) == [57, 58, 59, 60]
    for pitch in (57, 60):
        for v, velocity in enumerate((25, 50, 100, 127)):
            path = nsynth_path / f"keyboard_acoustic_000-{pitch:03d}-{velocity:03d}.wav"
            np.testing.assert_array_equal(
                sounds[pitch - 22, v, :6400], soundfile.read(path, dtype="float32")[0]
            )
    assert not sounds[..., 6400:].any()
    np.testing.assert_array_equal(sounds, read_nsynth(Source("keyboard_acoustic_000", nsynth_path)))


def test_another_preset(nsynth_path):
    default, other = (
        read_nsynth(Source(name, nsynth_path))
        for name in ("guitar_acoustic", "guitar_acoustic_010")
    )
    assert sounding(default) == sounding(other) == [57, 59, 60]
    assert np.abs(default - other).max() > 0.1


def test_missing_pitches_are_told_in_one_line_and_missing_velocities_replaced(nsynth_path, caplog):
    sounds = read_nsynth(Source("guitar_acoustic", nsynth_path))
    assert [record.getMessage() for record in caplog.records] == [
        f"guitar_acoustic: 83 of 86 pitches are missing in {nsynth_path} (22-56, 58, 61-107) and "
        "stay silent."
    ]
    for v in (0, 1, 3):
        np.testing.assert_array_equal(sounds[60 - 22, v], sounds[60 - 22, 2])


def test_an_instrument_that_nsynth_lacks(nsynth_path):
    with pytest.raises(UserError, match=r"nsynth.*holds no notes of flute_acoustic.*--instruments"):
        read_nsynth(Source("flute_acoustic", nsynth_path))


def test_a_note_that_cannot_be_read(folder):
    path = folder / "guitar_acoustic_000-057-100.wav"
    path.unlink()
    path.write_bytes(b"RIFF")
    with pytest.raises(UserError, match=path.name):
        read_nsynth(Source("guitar_acoustic", folder))


def test_a_bank_is_scaled_to_its_loudest_note_and_kept(folder, tmp_path_factory):
    banks = tmp_path_factory.mktemp("banks")
    source = Source("keyboard_acoustic", folder)
    path = build_bank(source, banks)
    bank = np.load(path, mmap_mode="r")
    assert bank.dtype == np.int16
    assert np.abs(bank[35:39]).max() == 32767
    ratio = np.abs(bank[35, :, :6400].astype(float)).max(axis=-1)
    np.testing.assert_allclose(ratio / ratio[-1], np.array([25, 50, 100, 127]) / 127, atol=1e-4)
    state = path.stat().st_mtime_ns
    assert build_bank(source, banks) == path
    assert path.stat().st_mtime_ns == state
    (folder / "more.wav").touch()
    assert note_banks.bank_path(source, banks) != path


class Organ:
    """Plays a note as a constant of pitch + velocity / 1000 while it is held."""

    def __init__(self, program, path, bank):
        assert (program, path.name) == (19, "own.sf3")

    def render(self, music, sample_rate, tail_seconds):
        seconds = max(note.end for note in music) + tail_seconds
        audio = np.zeros(round(seconds * sample_rate), np.float32)
        for note in music:
            held = slice(round(note.start * sample_rate), round(note.end * sample_rate))
            audio[held] += note.pitch + note.velocity / 1000
        return audio


def test_notes_of_a_soundfont(tmp_path, monkeypatch):
    monkeypatch.setattr(note_banks, "SoundFontInstrument", Organ)
    monkeypatch.setattr(note_banks, "PITCHES", (40, 41, 90))
    sounds = note_banks.render_notes(Source("organ", tmp_path / "own.sf3", 19))
    assert sounds.shape == (3, 4, 4 * 44100)
    for p, pitch in enumerate((40, 41, 90)):
        for v, velocity in enumerate((25, 50, 100, 127)):
            held = sounds[p, v, : 3 * 44100]
            np.testing.assert_allclose(held, pitch + velocity / 1000, rtol=1e-6)
    assert not sounds[:, :, 3 * 44100 :].any()
    # FluidSynth begins notes at multiples of 64 samples only.
    assert (note_banks.SPACING_SECONDS * 44100) % 64 == pytest.approx(0)
    assert note_banks.SPACING_SECONDS > note_banks.NOTE_SECONDS


def test_a_silent_program(tmp_path, monkeypatch):
    (tmp_path / "own.sf3").touch()
    monkeypatch.setattr(note_banks, "SoundFontInstrument", Organ)
    monkeypatch.setattr(Organ, "render", lambda self, music, rate, **_: np.zeros(10 * rate))
    monkeypatch.setattr(note_banks, "PITCHES", (40,))
    with pytest.raises(UserError, match=r"own\.sf3: organ is silent"):
        build_bank(Source("organ", tmp_path / "own.sf3", 19), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["own.sf3"]
