"""From recordings to files of slices."""

import dataclasses
import os
import pickle
from pathlib import Path

import commands
import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from audio_tt.files import io
from pix2pix_tt.data import feature_files
from pix2pix_tt.data.slice_pairs import SlicePairs
from pix2pix_tt.features import SliceSpectrogram

TINY = SliceSpectrogram(sample_rate=8000, n_fft=64, hop_length=32, n_bins=16, slice_frames=8)
SLICE = 8 * 32  # samples


def noise(samples, seed=0):
    return np.random.default_rng(seed).uniform(-0.9, 0.9, samples)


@pytest.fixture
def audios(tmp_path):
    """Two instruments, two pieces of 3 and 5 slices."""
    for name, seed in (("piano", 0), ("guitar", 10)):
        (tmp_path / "audios" / name).mkdir(parents=True)
        for piece, slices in (("a", 3), ("b_1", 5)):
            path = tmp_path / "audios" / name / f"{piece}.wav"
            soundfile.write(path, noise(slices * SLICE - 100, seed + slices), 8000)
    return tmp_path / "audios"


def compute(audios, features, **settings):
    return feature_files.compute_all(audios, features, TINY, **{"run": map} | settings)


def tree(folder):
    """What is there for everybody to see."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def messages(caplog):
    return [record.getMessage() for record in caplog.records]


def test_figures_and_files_of_the_original(melody, golden, tmp_path):
    path = tmp_path / "audios" / "keyboard" / "melody.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, melody("plucked", 44100, 5.0), 44100, "FLOAT")
    features = tmp_path / "features"
    assert feature_files.compute_all(tmp_path / "audios", features, SliceSpectrogram()) == 0
    files = sorted(features.rglob("*"))
    files = [file for file in files if file.name[0] != "."]
    names = [str(file.relative_to(features)) for file in files]
    assert names == ["keyboard", "keyboard/melody_000.npy", "keyboard/melody_001.npy"]
    first, last = np.load(files[1]), np.load(files[2])
    for values in (first, last):
        assert values.shape == (256, 256, 1)
        assert values.dtype == np.float32
        assert 0 <= values.min() < values.max() <= 1
    np.testing.assert_allclose(first[:, :40, 0], golden["db_first40"], atol=1e-6)
    assert last[:, : golden["n_frames"] - 256].any(axis=0).all()
    assert not last[:, golden["n_frames"] - 256 :].any()


@pytest.mark.parametrize("samples", [1, SLICE - 33, 4 * SLICE, 4 * SLICE + 1, 9 * SLICE + 77])
def test_slices_of_long_recordings_are_those_of_the_whole(tmp_path, monkeypatch, samples):
    monkeypatch.setattr(feature_files, "BLOCK_SLICES", 2)
    soundfile.write(tmp_path / "a.wav", noise(samples), 8000)
    levels = list(feature_files.slice_levels(tmp_path / "a.wav", TINY))
    slices, _ = TINY.encode(io.read(tmp_path / "a.wav")[0])
    np.testing.assert_allclose(levels, (slices + 1) / 2, atol=1e-6)


def test_training_reads_the_files(audios, tmp_path):
    features = tmp_path / "features"
    assert compute(audios, features) == 0
    assert sorted(tree(features)) == [
        f"{instrument}/{piece}_{number:03d}.npy"
        for instrument in ("guitar", "piano")
        for piece, count in (("a", 3), ("b_1", 5))
        for number in range(count)
    ]
    pairs = SlicePairs(features, "piano", ["guitar"], (16, 8), batch_size=3, validation_split=0.5)
    assert pairs.n_songs == 2
    assert pairs.n_training + pairs.n_held_out == 8
    heard, _ = pairs.batch(0)
    slices, _ = TINY.encode(io.read(audios / "piano" / "a.wav")[0])
    whole = np.concatenate([slices, TINY.encode(io.read(audios / "piano" / "b_1.wav")[0])[0]])
    for values in heard:
        assert np.abs(whole - values).max(axis=(1, 2, 3)).min() < 1e-6


def test_jobs_can_be_sent_to_other_processes():
    job = feature_files.Job(Path("a.wav"), Path("features"), TINY)
    assert pickle.loads(pickle.dumps(job)) == job


def test_a_recording_is_done_when_its_last_slice_is_written(audios, tmp_path, monkeypatch):
    write, seen = feature_files._write, []

    def write_some(path, level):
        seen.append(path.name)
        if len(seen) == 6:
            raise KeyboardInterrupt
        write(path, level)

    monkeypatch.setattr(feature_files, "_write", write_some)
    with pytest.raises(KeyboardInterrupt):
        compute(audios, tmp_path / "features")
    assert not (tmp_path / "features" / "guitar" / "b_1_000.npy").exists()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "features").glob("guitar/a_*")}
    assert len(before) == 3
    seen.clear()
    monkeypatch.setattr(feature_files, "_write", lambda *a: (seen.append(a[0].name), write(*a)))
    compute(audios, tmp_path / "features")
    assert len(seen) == 5 + 3 + 5  # guitar/b_1 anew, both of the piano
    assert before == {p: p.stat().st_mtime_ns for p in before}
    monkeypatch.undo()
    compute(audios, tmp_path / "whole")
    assert tree(tmp_path / "features") == tree(tmp_path / "whole")


def test_a_recording_that_changed_is_measured_again(audios, tmp_path):
    features = tmp_path / "features"
    compute(audios, features)
    path = audios / "piano" / "b_1.wav"
    soundfile.write(path, noise(2 * SLICE - 100, 99), 8000)
    later = (features / "piano" / "b_1_000.npy").stat().st_mtime + 10
    os.utime(path, (later, later))
    compute(audios, features)
    compute(audios, tmp_path / "anew")
    assert tree(features) == tree(tmp_path / "anew")
    assert len(list(features.glob("piano/b_1_*"))) == 2


def test_slices_of_other_settings_are_measured_again(audios, tmp_path, caplog):
    features, other = tmp_path / "features", dataclasses.replace(TINY, hop_length=16)
    compute(audios, features)
    assert feature_files.compute_all(audios, features, other, run=map) == 0
    feature_files.compute_all(audios, tmp_path / "wanted", other, run=map)
    assert tree(features) == tree(tmp_path / "wanted")
    assert "4 files were made with other settings" in caplog.text
    assert "hop_length was 32, now 16" in caplog.text
    np.save(features / "piano" / "a_000.npy", np.zeros((16, 8, 1), "float32"))
    with pytest.raises(UserError, match="a_000.npy: was made with other settings"):
        compute(audios, features)


def test_bad_files_are_named_and_the_others_measured(audios, tmp_path, caplog):
    (audios / "piano" / "broken.wav").write_bytes(b"RIFF and so on")
    (audios / "piano" / "a.flac").write_bytes(b"")
    (audios / "piano" / "notes.txt").touch()
    (audios / "piano" / ".hidden.wav").touch()
    (audios / "stray.wav").touch()
    (audios / ".notes").mkdir()
    assert compute(audios, tmp_path / "features") == 3
    text, stray, twins, broken = messages(caplog)
    assert "stray.wav: not in a folder of an instrument" in stray
    assert "notes.txt: not a sound file" in text
    assert "piano/a.flac and " in twins
    assert "piano/a.wav would share a_000.npy; rename one" in twins
    assert "broken.wav" in broken
    there = {path.rsplit("_", 1)[0] for path in tree(tmp_path / "features")}
    assert there == {"guitar/a", "guitar/b_1", "piano/b_1"}


def test_a_recording_that_breaks_off_leaves_no_slices(audios, tmp_path, monkeypatch, caplog):
    def levels(path, spectrogram, whole=feature_files.slice_levels):
        yield from list(whole(path, spectrogram))[:2]
        if path.parent.name == "piano":
            raise UserError(f"{path}: damaged")

    compute(audios, tmp_path / "features")
    for path in audios.rglob("*.wav"):
        os.utime(path, (2e9, 2e9))
    monkeypatch.setattr(feature_files, "slice_levels", levels)
    assert compute(audios, tmp_path / "features") == 2
    assert [message.rsplit("/", 1)[1] for message in messages(caplog)] == [
        "a.wav: damaged",
        "b_1.wav: damaged",
    ]
    assert {path.split("/")[0] for path in tree(tmp_path / "features")} == {"guitar"}


def test_a_full_disk(audios, tmp_path, monkeypatch):
    def save(file, level):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", save)
    with pytest.raises(UserError, match=r"a_001\.npy: cannot be written: No space left"):
        compute(audios, tmp_path / "features")
    assert tree(tmp_path / "features") == {}


def test_nothing_to_measure(tmp_path):
    with pytest.raises(UserError, match="no such folder.*--audios_path"):
        compute(tmp_path / "gone", tmp_path / "features")
    (tmp_path / "audios" / "piano").mkdir(parents=True)
    with pytest.raises(UserError, match="INSTRUMENT/NAME.wav"):
        compute(tmp_path / "audios", tmp_path / "features")


def test_the_command_takes_the_settings_of_a_training(tmp_path, tiny_gin):
    (tmp_path / "audios" / "piano").mkdir(parents=True)
    (tmp_path / "audios" / "piano" / "broken.wav").touch()
    arguments = ["--audios_path", tmp_path / "audios", "--features_path", tmp_path / "features"]
    result = commands.run("pix2pix_tt.compute_features", *arguments, "--gin_file", tiny_gin)
    assert result.returncode == 1
    line, last = result.stderr.splitlines()
    assert last == f"written: {tmp_path / 'features'}"
    assert line.startswith(f"error: {tmp_path / 'audios' / 'piano' / 'broken.wav'}: ")


def test_beam_makes_no_difference(audios, tmp_path):
    pytest.importorskip("apache_beam", reason="needs the extra beam; make test-beam runs it")
    from audio_tt.training.beam import Beam

    compute(audios, tmp_path / "one")
    compute(audios, tmp_path / "two", run=Beam("DirectRunner", [], tmp_path))
    assert tree(tmp_path / "one") == tree(tmp_path / "two") != {}
