"""From a folder of recordings to an instrument that plays, in one command."""

import commands
import note_files
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from ddsp_tt.configurables import models
from ddsp_tt.data import example_files
from ddsp_tt.features.rates import Rates
from ddsp_tt.training import instrument_settings

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


def examples(*hz, confidence=0.9):
    f0_hz = np.repeat(np.array(hz, "float32"), 100)
    return [{"f0_hz": f0_hz, "f0_confidence": np.full(len(f0_hz), confidence)}]


def test_harmonics_that_the_lowest_note_needs():
    count = instrument_settings.n_harmonics
    assert count(examples(400.0, 200.0, 800.0), 8000.0) == 40
    assert count(examples(400.0, 200.0, 800.0), 16000.0) == 80
    assert count(examples(2000.0), 8000.0) == 20
    octave_error = examples(400.0, *[400.0] * 98, 50.0)
    assert count(octave_error, 8000.0) == 20
    with pytest.raises(UserError, match="no note was found"):
        count(examples(400.0, confidence=0.1), 8000.0)


@pytest.mark.parametrize("sample_rate", instrument_settings.RATES)
def test_settings_for_each_rate(tmp_path, sample_rate):
    rates = Rates(sample_rate)
    (example,) = examples(440.0)
    example["loudness_db"] = example["f0_hz"]
    audio = np.zeros(100 * rates.hop_length)
    (tmp_path / "examples").mkdir()
    example_files.save_example(tmp_path / "examples" / "a.npz", audio, example, rates, audio)
    settings.parse_gin((instrument_settings.write(tmp_path, sample_rate),))
    model = models.get_model()
    assert model.rates == rates and model.crop_frames is None
    expected = np.ceil((8000 if sample_rate == 16000 else 16000) / 440)
    assert dict(model.decoder.output_splits)["harmonic_distribution"] == max(expected, 20)
    assert model.loss_objs[0].fft_sizes[0] == 2048 * sample_rate // 16000


def test_a_name_that_is_taken_is_refused_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    (tmp_path / "in").mkdir()
    result = commands.run("ddsp_tt.train_instrument", f"--audio_dir={tmp_path}/in", "--name=flute")
    assert result.returncode == 1 and "flute comes with the package" in result.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("flags", [(), ("--audio_dir=in", "--samples=in")])
def test_recordings_or_notes(tmp_path, flags):
    result = commands.run(
        "ddsp_tt.train_instrument", "--name=mine", f"--work_dir={tmp_path}", *flags
    )
    assert result.returncode == 1 and "either --audio_dir" in result.stderr


@pytest.mark.slow
def test_an_instrument_of_single_notes(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    notes = note_files.write(
        tmp_path / "notes",
        **{
            f"C{octave}_{i}": note_files.note(12 * octave + 12)
            for octave in (3, 4, 5)
            for i in "ab"
        },
    )
    result = commands.run(
        "ddsp_tt.train_instrument",
        f"--audio_dir={notes}",
        "--name=mine",
        "--minutes=1",
        "--f0_method=yin",
        *[f"--gin_param={parameter}" for parameter in TINY],
    )
    assert result.returncode == 0, result.stderr
    assert "single notes" in result.stderr and "left out of the loss" in result.stderr
    trained = tmp_path / "home" / "ddsp" / "mine"
    assert "sample_rate = 48000" in (trained / "operative_config.gin").read_text()


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
    result = commands.run(*train)
    assert result.returncode == 0, result.stderr
    model = tmp_path / "my home" / "ddsp" / "my_sax"
    assert {path.name for path in model.iterdir()} == {
        "model.h5",
        "operative_config.gin",
        "dataset_statistics.json",
    }
    run = tmp_path / "my home" / "training" / "my_sax" / "run"
    assert "val_loss" in (run / "history.csv").read_text()
    result = commands.run(*train, "--gin_param=train.num_steps=4")
    assert result.returncode == 0, result.stderr
    assert len((run / "history.csv").read_text().splitlines()) == 3

    listed = commands.run("timbre_tt.transfer", "--list_instruments")
    assert "my_sax" in listed.stdout
    out = tmp_path / "out.wav"
    played = commands.run(
        "timbre_tt.transfer",
        tmp_path / "in" / "a.wav",
        out,
        "--instrument=my_sax",
        "--f0_method=yin",
    )
    assert played.returncode == 0, played.stderr
    assert len(io.read(out)[0]) == len(melody)
