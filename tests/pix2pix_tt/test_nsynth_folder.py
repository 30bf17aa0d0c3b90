import numpy as np
import pytest
import soundfile
from note_files import note, write

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music import instruments
from pix2pix_tt.synthesis import note_banks, nsynth_folder
from pix2pix_tt.synthesis.note_banks import Source


class Bells:
    """Plays the notes as sines, the louder the velocity, and rings on."""

    asked = []

    def __init__(self, program, path, bank):
        self.asked.append((program, path.name))

    def render(self, music, sample_rate, tail_seconds):
        audio = np.zeros(round((music[-1].end + tail_seconds) * sample_rate), np.float32)
        time = np.arange(4 * sample_rate) / sample_rate
        for played in music:
            start = round(played.start * sample_rate)
            hertz = 440 * 2 ** ((played.pitch - 69) / 12)
            sound = played.velocity / 1000 * np.sin(2 * np.pi * hertz * time) * np.exp(-time)
            audio[start : start + len(sound)] = sound[: len(audio) - start]
        return audio


@pytest.fixture(params=["own.sf2", "own.sf3"])
def font(request, tmp_path, monkeypatch):
    monkeypatch.setattr(note_banks, "SoundFontInstrument", Bells)
    monkeypatch.setattr(note_banks, "PITCHES", (60, 69))
    monkeypatch.setattr(Bells, "asked", [])
    path = tmp_path / request.param
    path.touch()
    return path


def test_notes_in_nsynths_layout(font, tmp_path):
    folder = tmp_path / "notes"
    assert nsynth_folder.build([Source("bell_acoustic_000", font, 14)], folder) == 8
    assert Bells.asked == [(14, font.name)]
    assert sorted(path.name for path in folder.iterdir()) == [
        f"bell_acoustic_000-{pitch:03d}-{velocity:03d}.wav"
        for pitch in (60, 69)
        for velocity in (25, 50, 100, 127)
    ]
    info = soundfile.info(folder / "bell_acoustic_000-069-100.wav")
    assert (info.samplerate, info.channels, info.frames, info.subtype) == (
        16000,
        1,
        64000,
        "PCM_16",
    )
    peaks = {
        path.stem[-3:]: np.abs(soundfile.read(path)[0]).max() for path in folder.glob("*-069-*")
    }
    assert max(peaks.values()) == pytest.approx(32000 / 32768, abs=0.01)
    assert peaks["025"] / peaks["127"] == pytest.approx(25 / 127, abs=1e-3)
    loudest = max(np.abs(soundfile.read(p, dtype="int16")[0]).max() for p in folder.iterdir())
    assert loudest == 32000
    audio = soundfile.read(folder / "bell_acoustic_000-069-100.wav")[0]
    assert np.argmax(np.abs(np.fft.rfft(audio))) == 4 * 440


def test_what_it_writes_is_read_again(font, tmp_path):
    nsynth_folder.build([Source("bell_000", font, 14)], tmp_path / "notes")
    sounds = note_banks.read_nsynth(Source("bell", tmp_path / "notes"))
    assert sounds.shape == (2, 4, 64000)
    audio = io.read(tmp_path / "notes" / "bell_000-060-050.wav")[0]
    np.testing.assert_array_equal(sounds[0, 1], audio)


def test_what_is_there_is_kept_and_what_is_missing_comes_out_the_same(font, tmp_path):
    folder = tmp_path / "notes"
    nsynth_folder.build([Source("bell_000", font, 14)], folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    (folder / "bell_000-060-025.wav").unlink()
    own = folder / "bell_000-069-127.wav"
    own.write_bytes(b"the user's own")
    assert nsynth_folder.build([Source("bell_000", font, 14)], folder) == 1
    assert {path: path.read_bytes() for path in folder.iterdir()} == before | {
        own: b"the user's own"
    }
    Bells.asked.clear()
    assert nsynth_folder.build([Source("bell_000", font, 14)], folder) == 0
    assert not Bells.asked


def test_bad_input(font, tmp_path, monkeypatch):
    folder = tmp_path / "notes"
    with pytest.raises(UserError, match="--name=a/b"):
        nsynth_folder.build([Source("a/b", font, 14)], folder)
    with pytest.raises(UserError, match="is a file, not a folder"):
        nsynth_folder.build([Source("bell_000", font, 14)], font)
    assert not Bells.asked
    monkeypatch.setattr(Bells, "render", lambda self, music, rate, **_: np.zeros(30 * rate))
    with pytest.raises(UserError, match="bell_000 is silent"):
        nsynth_folder.build([Source("bell_000", font, 14)], folder)
    assert not folder.exists()


def test_names_of_programs():
    assert instruments.program_name(24) == "guitar_acoustic"
    assert instruments.program_name(73) == "flute"
    assert instruments.program_name(46) == "program_46"
    for program in range(128):
        assert instruments.find_program(instruments.program_name(program)) == program


def test_layers_of_recorded_notes(tmp_path, monkeypatch):
    """A soft layer with harmonics and a loud one of sines, of C4 and G4."""
    monkeypatch.setattr(note_banks, "PITCHES", (57, 60, 70, 90))
    time = np.arange(16000) / 16000
    soft, loud = tmp_path / "soft", tmp_path / "loud"
    for name, midi in (("C4", 60), ("G4", 67)):
        sine = np.exp(-time) * np.sin(2 * np.pi * 440 * 2 ** ((midi - 69) / 12) * time)
        write(soft, **{name: note(midi)})
        write(loud, **{name: 0.3 * sine.astype(np.float32)})
    sources = [Source("bell_000", folder, is_library=True) for folder in (soft, loud)]
    assert nsynth_folder.build(sources, tmp_path / "notes", 44100) == 16
    for pitch in (57, 60, 70, 90):
        for velocity, purity in ((25, 0.7), (50, 0.7), (100, 0.99), (127, 0.99)):
            path = tmp_path / "notes" / f"bell_000-{pitch:03d}-{velocity:03d}.wav"
            audio, rate = soundfile.read(path)
            assert rate == 44100
            if pitch == 90:  # far from what was recorded
                assert not audio.any()
                continue
            power = np.abs(np.fft.rfft(audio)) ** 2
            fundamental = round(440 * 2 ** ((pitch - 69) / 12) * len(audio) / rate)
            share = power[fundamental - 100 : fundamental + 100].sum() / power.sum()
            assert share > purity if purity > 0.9 else share < purity
