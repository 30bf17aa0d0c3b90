"""The published system from recordings to sound, by its commands."""

import re
import shutil

import commands
import numpy as np
import pytest
import soundfile


def messages(result):
    """What a command said, without the lines of progress that a slow machine adds."""
    return re.sub(r"(?m)^.*\d+%.*\d+/\d+ \[.*\n", "", result.stderr)


@pytest.fixture
def place(tmp_path, melody, golden_folder):
    """A folder with a recording, in stereo at another rate, and a model."""
    audio = melody("bowed", 16000, 1.5)
    soundfile.write(tmp_path / "tune.flac", np.stack([audio, audio * 0.5], axis=1), 16000)
    (tmp_path / "model").mkdir()
    for name in ("parameters.pkl", "weights.h5"):
        shutil.copy(golden_folder / f"autoencoder_small_{name}", tmp_path / "model" / name)
    return tmp_path


def test_from_a_recording_to_sound(place):
    result = commands.run(
        "autoencoder_tt.preprocess",
        "--input=tune.flac",
        "--output=data",
        "--num_workers=1",
        cwd=place,
    )
    assert (result.returncode, messages(result)) == (0, "data: 1 clips\nwritten: data\n")
    result = commands.run(
        "autoencoder_tt.soundgenerator",
        "--model=model",
        "--input=tune.flac",
        "--output=out/generated.wav",
        cwd=place,
    )
    told = "written: out/generated.wav\nwritten: out/original.png out/generated.png\n"
    assert (result.returncode, messages(result)) == (0, told)
    files = sorted(path.name for path in (place / "out").iterdir())
    assert files == ["generated.png", "generated.wav", "original.png"]
    audio, rate = soundfile.read(place / "out" / "generated.wav")
    assert len(audio) == 24000 and rate == 16000  # as the recording has it
    assert np.abs(audio).max() > 0.01


def test_what_cannot_be_done(place):
    (place / "empty").mkdir()
    for arguments, message in (
        (("--model=empty", "--input=tune.flac", "--output=out.wav"), "weights.h5 is missing"),
        (("--model=model", "--input=no.wav", "--output=out.wav"), "no.wav"),
        (("--model=model", "--input=tune.flac", "--output=out.xyz"), "out.xyz"),
    ):
        result = commands.run("autoencoder_tt.soundgenerator", *arguments, cwd=place)
        assert result.returncode == 1
        assert result.stderr.startswith("error: ") and message in result.stderr
        assert result.stderr.count("\n") == 1
    assert not (place / "out.wav").exists()
