"""Figures and tables of pitch, from files and from the microphone."""

import csv
import sys
import types

import commands
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.music.notes import read_midi
from ddsp_tt.evaluation import pitch_curves
from ddsp_tt.features import extraction
from ddsp_tt.playing import microphone


def test_a_table_and_figures(tmp_path, melody):
    measured = extraction.extract(melody, method="yin")
    written = pitch_curves.write(melody, measured, tmp_path / "a b", "a b.wav")
    names = ["a b.csv", "a b.png", "a b_spectrogram.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names and len(written) == 3
    with open(tmp_path / "a b.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 750
    assert float(rows[100]["time"]) == pytest.approx(0.4)
    assert float(rows[100]["f0_hz"]) == pytest.approx(measured["f0_hz"][100], abs=1e-3)
    assert float(rows[100]["loudness_db"]) == pytest.approx(measured["loudness_db"][100], abs=1e-3)
    assert "from G4 (3" in (line := pitch_curves.describe(measured)) and "to C5 (5" in line


def test_a_recording_without_pitch_is_told_so(tmp_path):
    measured = extraction.extract(np.zeros(8000, "float32"), method="yin")
    pitch_curves.write(np.zeros(8000, "float32"), measured, tmp_path / "a", "a")
    assert pitch_curves.describe(measured) == "no pitch was found"


def test_recording(monkeypatch):
    def rec(frames, rate, channels, dtype, blocking):
        assert blocking and (rate, channels, dtype) == (16000, 1, "float32")
        return np.full((frames, 1), 0.5, dtype)

    module = types.SimpleNamespace(rec=rec, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", module)
    audio = microphone.record(0.5, 16000)
    assert audio.shape == (8000,) and audio.dtype == np.float32

    def refuse(*arguments, **options):
        raise OSError("no default input device")

    module.rec = refuse
    with pytest.raises(UserError, match="no microphone that records .no default input"):
        microphone.record(0.5, 16000)


def test_what_to_install_for_recording(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(UserError, match="pip install sounddevice"):
        microphone.record(1.0, 16000)
    monkeypatch.delitem(sys.modules, "sounddevice")
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UserError, match="PortAudio; install libportaudio2"):
        microphone.record(1.0, 16000)


def test_recordings_of_one_name_and_one_that_cannot_be_read(tmp_path, melody):
    for name in ("a/take.wav", "b/take.wav"):
        io.write(tmp_path / name, melody[:8000], 16000)
    (tmp_path / "b" / "broken.wav").write_text("no sound")
    code = """
from audio_tt.command import app
from audio_tt.files import io
from audio_tt.music.notes import read_midi
from ddsp_tt import detect_pitch

detect_pitch._report = lambda path, stem, midi: io.read(path) and print(stem, midi)
app.run(detect_pitch.main)
"""
    words = ("-c", code, "--input=a,b", "--output_dir=out", "--midi=notes")
    result = commands.run(*words, cwd=tmp_path)
    assert result.returncode == 1 and result.stderr.count("\n") == 1, result.stderr
    assert "broken.wav" in result.stderr
    expected = ["out/a_take notes/a_take.mid", "out/b_take notes/b_take.mid"]
    assert result.stdout.splitlines() == expected
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "b_take.mid").write_text("precious")
    result = commands.run(*words, cwd=tmp_path)
    assert result.stdout == "" and "b_take.mid is there already; --overwrite" in result.stderr
    assert commands.run(*words, "--overwrite", cwd=tmp_path).stdout.splitlines() == expected


def test_the_notes_of_a_recording(tmp_path, melody):
    io.write(tmp_path / "a.wav", melody, 16000)
    flags = ["--input=a.wav", "--midi=a.mid", "--f0_method=yin"]
    result = commands.run("ddsp_tt.detect_pitch", *flags, cwd=tmp_path)
    assert result.returncode == 0 and "a.csv a.mid" in result.stdout + result.stderr
    found = [(note.pitch, round(note.start)) for note in read_midi(tmp_path / "a.mid")]
    assert found == [(69, 0), (72, 1), (67, 2)]
