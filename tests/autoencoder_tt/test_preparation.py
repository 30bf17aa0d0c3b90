import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from autoencoder_tt.published import clips, preparation
from autoencoder_tt.published.features import ClipSpectrogram, Range

SHAPE = (512, 128, 2)
SMALL = ClipSpectrogram(n_samples=8192)  # clips that take less time


@pytest.fixture
def recordings(tmp_path, melody):
    """A folder with a recording of 22500 samples: two clips and three quarters of a third."""
    audio = melody("bowed", 22050, 22500 / 22050, 0.2)
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "tune.wav", audio, 22050, subtype="FLOAT")
    return tmp_path / "in"


def preprocess(inputs, folder, *options, **more):
    return preparation.preprocess(inputs, folder, *options, processes=1, **more)


def files(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.npy")}


def test_figures_of_the_original(tmp_path, melody, golden):
    audio = melody("bowed", 22050, 2.95)[:65047]
    soundfile.write(tmp_path / "tune.wav", audio, 22050, subtype="FLOAT")
    assert preprocess(tmp_path / "tune.wav", tmp_path, ClipSpectrogram()) == 0
    scale = clips.read_ranges(tmp_path)["tune.wav"]
    assert scale.min == pytest.approx(golden["feature_min"], rel=1e-6)
    assert scale.max == pytest.approx(golden["feature_max"], rel=1e-6)
    line, picture = (
        clips.read(tmp_path / part / "tune.wav.npy", SHAPE)
        for part in (clips.INPUTS, clips.TARGETS)
    )
    np.testing.assert_allclose(picture[:, :16], golden["norm_feature_first16"], atol=1e-6)
    # In the first frame the original's pYIN (librosa 0.9) hears no pitch.
    np.testing.assert_allclose(line[:, 1:16], golden["norm_f0_first16"][:, 1:], atol=1e-6)


def test_the_beginning_or_all_of_it(tmp_path, recordings):
    preprocess(recordings, tmp_path / "first", SMALL)
    assert clips.names(tmp_path / "first") == ["tune.wav"]
    preprocess(recordings, tmp_path / "all", SMALL, whole=True)
    names = ["tune_000.wav", "tune_001.wav", "tune_002.wav"]
    assert clips.names(tmp_path / "all") == names
    assert sorted(clips.read_ranges(tmp_path / "all")) == names
    first = clips.read(tmp_path / "first" / clips.TARGETS / "tune.wav.npy", (512, 17, 2))
    again = clips.read(tmp_path / "all" / clips.TARGETS / "tune_000.wav.npy", (512, 17, 2))
    np.testing.assert_array_equal(first, again)


def test_chords_are_warned_about(tmp_path, caplog):
    time = np.arange(30000) / 22050
    chord = sum(
        0.1 * np.sin(2 * np.pi * k * hz * time) / k for hz in (262, 311, 370) for k in (1, 2)
    )
    soundfile.write(tmp_path / "chord.wav", chord, 22050, subtype="FLOAT")
    preprocess(tmp_path / "chord.wav", tmp_path / "out", SMALL, whole=True)
    messages = [text for text in caplog.messages if "several notes sound at once" in text]
    assert len(messages) == 1 and "chord.wav" in messages[0]


def test_the_same_command_continues(tmp_path, recordings):
    out = tmp_path / "out"
    preprocess(recordings, out, SMALL, whole=True)
    before, ranges = files(out), clips.read_ranges(out)
    preprocess(recordings, out, SMALL, whole=True)
    assert files(out) == before
    (out / clips.TARGETS / "tune_000.wav.npy").unlink()
    soundfile.write(recordings / "other.wav", np.zeros(9000), 22050)
    preprocess(recordings, out, SMALL, whole=True)
    assert len(files(out)) == len(before) + 2
    assert clips.read_ranges(out) == {**ranges, "other_000.wav": Range(-100.0, 0.0)} | {
        "other_000.wav": clips.read_ranges(out)["other_000.wav"]
    }


def test_other_settings_need_another_folder(tmp_path, recordings):
    preprocess(recordings, tmp_path / "out", SMALL)
    with pytest.raises(UserError, match=r"other settings \(method\)"):
        preprocess(recordings, tmp_path / "out", SMALL, pitch={"method": "yin"})
    with pytest.raises(UserError, match=r"other settings \(range_db, whole\)"):
        preprocess(
            recordings, tmp_path / "out", ClipSpectrogram(n_samples=8192, range_db=60.0), True
        )


def test_files_that_cannot_be_read_or_told_apart(tmp_path, recordings, caplog):
    (recordings / "noise.wav").write_bytes(b"nothing")
    (recordings / "more").mkdir()
    soundfile.write(recordings / "more" / "silence.wav", np.zeros(9000), 22050)
    soundfile.write(recordings / "silence.wav", np.zeros(9000), 22050)
    assert preprocess(recordings, tmp_path / "out", SMALL) == 3
    text = "\n".join(caplog.messages)
    assert "noise.wav" in text and "would share a name" in text
    assert clips.names(tmp_path / "out") == ["tune.wav"]


def test_silence_is_told(tmp_path, caplog):
    soundfile.write(tmp_path / "silence.wav", np.zeros(9000), 22050)
    assert preprocess(tmp_path / "silence.wav", tmp_path, SMALL) == 0
    assert any("1 of 1 clips have no pitch" in message for message in caplog.messages)


@pytest.mark.parametrize("method", ["crepe", "yin"])
def test_other_trackers(melody, method, golden):
    audio = melody("bowed", 22050, 2.95)
    bins = np.rint(ClipSpectrogram().pitch(audio, method) * 1024 / 22050)
    assert np.mean(np.abs(bins - golden["f0_bin"]) <= 1) > 0.8
    assert not ClipSpectrogram().pitch(np.zeros(65048), method).any()
