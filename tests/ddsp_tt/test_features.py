"""Features, prepared data sets and their crops."""

import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.files import io
from ddsp_tt.data import example_files, preparation
from ddsp_tt.features import extraction, statistics


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, melody):
    folder = tmp_path_factory.mktemp("prepared set")
    io.write(folder / "in" / "mélodie one.wav", melody, 16000)
    io.write(folder / "in" / "loud.flac", np.repeat(melody[:, None], 2, axis=1), 48000)
    assert preparation.prepare([folder / "in"], folder / "out") == 0
    return folder / "out"


def test_features_of_a_melody(melody):
    measured = extraction.extract(melody)
    n_frames = len(melody) // 64
    assert all(x.shape == (n_frames,) and x.dtype == np.float32 for x in measured.values())
    for start, hz in ((0.3, 440.0), (1.3, 523.25), (2.3, 392.0)):
        frames = slice(int(start * 250), int((start + 0.3) * 250))
        assert abs(12 * np.log2(np.median(measured["f0_hz"][frames]) / hz)) < 0.2
        assert np.median(measured["f0_confidence"][frames]) > 0.8
    assert measured["loudness_db"][int(0.95 * 250)] < measured["loudness_db"][int(0.5 * 250)] - 40


def test_loudness_in_blocks_is_that_of_the_whole():
    """Longer than what is worked on at once."""
    audio = np.random.default_rng(0).normal(size=64 * 5000).astype("float32")
    whole = extraction.loudness(audio)
    assert whole.shape == (5001,)
    there = slice(64 * 1900, 64 * 2300)  # around the end of the first block
    inner = slice(16, -17)  # a window from both ends
    np.testing.assert_allclose(
        whole[1900:2301][inner], extraction.loudness(audio[there])[inner], atol=1e-4
    )


@pytest.mark.parametrize("n_samples", [0, 1, 63, 64, 65])
def test_short_audio_has_at_least_a_frame(n_samples):
    measured = extraction.extract(np.zeros(n_samples, "float32"))
    assert len(measured["f0_hz"]) == max(-(-n_samples // 64), 1)
    assert np.all(measured["f0_confidence"] == 0.0)
    assert all(np.isfinite(x).all() for x in measured.values())


def test_prepared_examples(prepared, melody):
    paths = sorted(prepared.glob("*.npz"))
    assert [path.name.rsplit("_", 2)[0] for path in paths] == ["loud", "mélodie one"]
    example = example_files.load_example(paths[1])
    assert len(example["audio"]) == 64 * len(example["f0_hz"]) == len(melody)
    np.testing.assert_allclose(example["audio"], melody, atol=1e-4)
    assert example["loudness_db"].shape == example["f0_confidence"].shape


def test_statistics_of_the_prepared(prepared):
    table = statistics.load_json(prepared / preparation.STATISTICS_FILE)
    # A quarter of the frames sounds 19 semitones higher: 48 kHz is said of what is 16 kHz.
    assert 72.0 < table["mean_pitch_note"] < 75.0
    assert table["min_loudness"] < table["mean_loudness_note"] < table["max_loudness"]


def test_preparing_again_keeps_what_is_there(prepared):
    before = {path: path.stat().st_mtime_ns for path in prepared.glob("*.npz")}
    assert preparation.prepare([prepared.parent / "in"], prepared) == 0
    assert before == {path: path.stat().st_mtime_ns for path in prepared.glob("*.npz")}


def test_a_bad_file_is_reported_and_the_others_done(tmp_path, melody):
    io.write(tmp_path / "in" / "good.wav", melody[:8000], 16000)
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    assert preparation.prepare([tmp_path / "in"], tmp_path / "out") == 1
    assert len(list((tmp_path / "out").glob("*.npz"))) == 1


def test_crops_depend_on_seed_and_step_alone(prepared):
    provider = example_files.CropProvider(prepared, crop_seconds=0.5, batch_size=3, seed=1)
    batch = provider.batch(7)
    assert batch["audio"].shape == (3, 8000) and batch["f0_hz"].shape == (3, 125)
    again = example_files.CropProvider(prepared, crop_seconds=0.5, batch_size=3, seed=1).batch(7)
    np.testing.assert_array_equal(batch["audio"], again["audio"])
    assert np.abs(batch["audio"] - provider.batch(8)["audio"]).max() > 0.01


def test_crops_keep_audio_and_features_together(prepared):
    provider = example_files.CropProvider(prepared, crop_seconds=1.0, batch_size=4, seed=0)
    batch = provider.batch(0)
    for audio, loudness_db in zip(batch["audio"], batch["loudness_db"], strict=True):
        measured = extraction.loudness(audio)[:-1]
        inner = slice(8, -8)
        np.testing.assert_allclose(measured[inner], loudness_db[inner], atol=0.5)


def test_examples_shorter_than_a_crop_are_followed_by_silence(prepared):
    provider = example_files.CropProvider(prepared, crop_seconds=5.0, batch_size=2)
    batch = provider.batch(0)
    assert batch["audio"].shape == (2, 80000)
    assert np.abs(batch["audio"][:, 48000:]).max() == 0.0
    assert np.all(batch["loudness_db"][:, 750:] == -80.0)


def test_folders_that_are_no_data_set(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        example_files.load_folder(tmp_path / "nowhere")
    with pytest.raises(UserError, match="no prepared example"):
        example_files.load_folder(tmp_path)
    np.savez(tmp_path / "x.npz", something=1)
    with pytest.raises(UserError, match="not a prepared example"):
        example_files.load_folder(tmp_path)
