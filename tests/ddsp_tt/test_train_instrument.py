"""From a folder of recordings to an instrument that plays, in one command."""

import subprocess
import sys

import numpy as np
import pytest

from audio_tt import io
from audio_tt.errors import UserError
from ddsp_tt import instrument_settings, train_instrument

TINY = (
    "RnnFcDecoder.rnn_channels=8",
    "RnnFcDecoder.ch=8",
    "RnnFcDecoder.layers_per_stack=1",
    "train.num_steps=2",
    "train.batch_size=2",
    "train.crop_seconds=0.5",
    "train.steps_per_summary=2",
    "train.steps_per_save=2",
)


def command(module, *arguments):
    return subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)], capture_output=True, text=True
    )


def examples(*hz, confidence=0.9):
    f0_hz = np.repeat(np.array(hz, "float32"), 100)
    return [{"f0_hz": f0_hz, "f0_confidence": np.full(len(f0_hz), confidence)}]


def test_harmonics_that_the_lowest_note_needs():
    assert instrument_settings.n_harmonics(examples(400.0, 200.0, 800.0)) == 40
    assert instrument_settings.n_harmonics(examples(2000.0)) == 20
    octave_error = examples(400.0, *[400.0] * 98, 50.0)
    assert instrument_settings.n_harmonics(octave_error) == 20
    with pytest.raises(UserError, match="no note was found"):
        instrument_settings.n_harmonics(examples(400.0, confidence=0.1))


def test_a_name_that_is_taken_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    result = command(train_instrument.__name__, f"--audio_dir={tmp_path}/in", "--name=flute")
    assert result.returncode == 1 and "flute comes with the package" in result.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.slow
def test_an_instrument_of_ones_own(tmp_path, monkeypatch, melody):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "my home"))
    for name in "ab":
        io.write(tmp_path / "in" / f"{name}.wav", melody, 16000)
    train = [
        "ddsp_tt.train_instrument",
        f"--audio_dir={tmp_path}/in",
        "--name=my_sax",
        "--f0_method=yin",
        *[f"--gin_param={parameter}" for parameter in TINY],
    ]
    result = command(*train)
    assert result.returncode == 0, result.stderr
    model = tmp_path / "my home" / "ddsp" / "my_sax"
    assert {path.name for path in model.iterdir()} == {
        "model.h5",
        "operative_config.gin",
        "dataset_statistics.json",
    }
    run = tmp_path / "my home" / "training" / "my_sax" / "run"
    assert "val_loss" in (run / "history.csv").read_text()
    result = command(*train, "--gin_param=train.num_steps=4")
    assert result.returncode == 0, result.stderr
    assert len((run / "history.csv").read_text().splitlines()) == 3

    listed = command("timbre_tt.transfer", "--list_instruments")
    assert "my_sax" in listed.stdout
    out = tmp_path / "out.wav"
    played = command(
        "timbre_tt.transfer",
        tmp_path / "in" / "a.wav",
        out,
        "--instrument=my_sax",
        "--f0_method=yin",
    )
    assert played.returncode == 0, played.stderr
    assert len(io.read(out)[0]) == len(melody)
