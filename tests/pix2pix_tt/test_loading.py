import shutil

import h5py
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.models import weights
from pix2pix_tt.trained import loading

pytestmark = pytest.mark.usefixtures("fresh_gin")


def test_a_folder_rebuilds_its_model(model_folder):
    trained = loading.load(model_folder)
    assert (trained.features.n_bins, trained.features.slice_frames) == (32, 32)
    assert trained.channels == 1 and trained.styles == {}
    stored = weights.read_tensors(model_folder / "generator.h5")
    first = next(iter(stored.values()))
    np.testing.assert_array_equal(np.asarray(trained.generator.weights[0]), first)


def test_a_conditioned_model_brings_its_styles(conditioned_folder):
    trained = loading.load(conditioned_folder)
    assert trained.channels == 2 and list(trained.styles) == ["guitar", "harp"]
    assert trained.styles["harp"].shape == (32, 32)
    assert trained.styles["harp"].dtype == np.float32


def test_the_file_says_how_many_channels(tmp_path, conditioned_folder):
    shutil.copy(conditioned_folder / "generator.h5", tmp_path)
    text = (conditioned_folder / "operative_config.gin").read_text()
    wrong = text.replace("unet_generator.channels = 2", "unet_generator.channels = 1")
    assert wrong != text
    (tmp_path / "operative_config.gin").write_text(wrong)
    assert loading.load(tmp_path).channels == 2


def test_weights_of_one_epoch_of_a_run(tmp_path, model_folder):
    run = tmp_path / "run"
    shutil.copytree(model_folder, run)
    kept = run / "samples" / "000003" / "generator.h5"
    kept.parent.mkdir(parents=True)
    shutil.move(run / "generator.h5", kept)
    assert loading.load(kept).features.n_bins == 32
    with pytest.raises(UserError, match="generator.h5 is missing"):
        loading.load(run)


def broken(kind, folder, model_folder):
    path = folder / "model"
    shutil.copytree(model_folder, path)
    if kind == "no settings":
        (path / "operative_config.gin").unlink()
    elif kind == "no weights":
        (path / "generator.h5").write_text("nothing")
    elif kind == "another size":
        with open(path / "operative_config.gin", "a") as file:
            file.write("unet_generator.down_filters = (4, 16)\n")
    elif kind == "a bad size":
        with open(path / "operative_config.gin", "a") as file:
            file.write("unet_generator.up_filters = 'many'\n")
    elif kind == "a bad spectrogram":
        with open(path / "operative_config.gin", "a") as file:
            file.write("SliceSpectrogram.hop_length = 0\n")
    elif kind == "another network":
        with h5py.File(path / "generator.h5", "w") as file:
            file.attrs["layer_names"] = np.array([b"dense"])
            file.create_group("dense").attrs["weight_names"] = np.array([b"kernel:0"])
            file["dense"]["kernel:0"] = np.zeros((3, 3), np.float32)
    elif kind == "missing":
        path = folder / "nowhere"
    return path


@pytest.mark.parametrize(
    "kind, words",
    [
        ("no settings", "operative_config.gin is missing"),
        ("no weights", "not an HDF5 file"),
        ("another size", "generator.h5 does not fit"),
        ("a bad size", "unet_generator.up_filters is 'many'"),
        ("a bad spectrogram", "SliceSpectrogram.hop_length is 0"),
        ("another network", "holds no generator"),
        ("missing", "no such folder with a generator.h5"),
    ],
)
def test_broken_models_are_named(kind, words, tmp_path, model_folder):
    with pytest.raises(UserError, match=words):
        loading.load(broken(kind, tmp_path, model_folder))


def test_styles_of_another_size_are_refused(tmp_path, conditioned_folder):
    folder = tmp_path / "model"
    shutil.copytree(conditioned_folder, folder)
    np.savez(folder / "styles.npz", guitar=np.zeros((32, 31)))
    with pytest.raises(UserError, match=r"guitar has the shape \[32, 31\]"):
        loading.load(folder)
    whole = (conditioned_folder / "styles.npz").read_bytes()
    for damaged in (b"nothing", b"", whole[: len(whole) // 2], whole[:-30]):
        (folder / "styles.npz").write_bytes(damaged)
        with pytest.raises(UserError, match="styles.npz is damaged"):
            loading.load(folder)
    (folder / "styles.npz").unlink()
    assert loading.load(folder).styles == {}
