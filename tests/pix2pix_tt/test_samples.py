import types

import numpy as np
import pytest
from PIL import Image

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.training.run_directory import RunDirectory
from pix2pix_tt.configurables import features, models, slice_pairs
from pix2pix_tt.training import epoch_pictures
from pix2pix_tt.training.listening import Recordings


@pytest.fixture
def song():
    """Two slices of 8 bins and 60 frames, loud only in the lowest bin of the second one."""
    slices = np.full((2, 8, 60, 1), -1.0, np.float32)
    slices[1, 0] = 1.0
    return slices


@pytest.fixture
def upside_down():
    return types.SimpleNamespace(draw=lambda image: image[:, ::-1, :, :1])


def test_low_bins_are_at_the_bottom(song, tmp_path):
    epoch_pictures.save_picture(song, tmp_path / "picture.png")
    brightness = np.array(Image.open(tmp_path / "picture.png").convert("L"))
    assert brightness.shape == (8, 120)
    assert (brightness[-1, 60:] > 200).all()
    assert (brightness[:-1] < 20).all() and (brightness[:, :60] < 20).all()


def test_pictures_and_film_of_epochs(song, upside_down, tmp_path):
    run = RunDirectory(tmp_path)
    pictures = epoch_pictures.Pictures({"guitar": (song, song)})
    for epoch in (1, 2, 10):
        pictures.write(run, epoch, upside_down)
    folder = tmp_path / "samples" / "000010"
    assert {path.name for path in folder.iterdir()} == {
        f"spectrogram_{name}.png" for name in ("input", "true", "pred")
    }
    drawn = np.array(Image.open(folder / "spectrogram_pred.png").convert("L"))
    assert (drawn[0, 60:] > 200).all() and (drawn[1:] < 20).all()
    with Image.open(tmp_path / "samples" / "spectrogram.gif") as film:
        assert film.n_frames == 3
        assert film.height > 3 * 8


def test_a_long_film_shows_first_and_last(song, upside_down, tmp_path, monkeypatch):
    monkeypatch.setattr(epoch_pictures, "_FILM_FRAMES", 3)
    shown = []
    frame = epoch_pictures._frame
    monkeypatch.setattr(epoch_pictures, "_frame", lambda f, p: shown.append(f.name) or frame(f, p))
    pictures = epoch_pictures.Pictures({"guitar": (song, None)})
    for epoch in range(1, 8):
        pictures.write(RunDirectory(tmp_path), epoch, upside_down)
    assert shown[-3:] == ["000001", "000004", "000007"]


def test_several_targets_have_their_own(song, upside_down, tmp_path):
    songs = {"guitar": (song, song), "violin": (song, song)}
    epoch_pictures.Pictures(songs).write(RunDirectory(tmp_path), 1, upside_down)
    assert (tmp_path / "samples" / "000001" / "spectrogram_violin_pred.png").is_file()
    assert (tmp_path / "samples" / "spectrogram_guitar.gif").is_file()


@pytest.fixture(scope="module")
def recordings(melody, tmp_path_factory):
    folder = tmp_path_factory.mktemp("test audio")
    for name, timbre in (("piano", "plucked"), ("guitar", "bowed")):
        io.write(folder / f"{name}.wav", melody(timbre, 44100, 1.0), 44100)
    return folder


def make(recordings, features_path, tiny_gin, **arguments):
    settings.parse_gin((tiny_gin,))
    spectrogram = features.SliceSpectrogram()
    pairs = slice_pairs.SlicePairs(
        features_path, shape=(32, 32), **({"origin": "piano", "targets": ["guitar"]} | arguments)
    )
    return spectrogram, Recordings(recordings, pairs, spectrogram)


def test_test_recordings_are_played(recordings, features_path, tiny_gin, tmp_path):
    spectrogram, played = make(recordings, features_path, tiny_gin)
    image, true = played.songs["guitar"]
    whole = io.read(recordings / "piano.wav")[0]
    np.testing.assert_allclose(image, spectrogram.encode(whole)[0][:2], atol=1e-6)
    assert true.shape == image.shape and not np.array_equal(image, true)
    run, generator = RunDirectory(tmp_path), models.unet_generator()
    played.write(run, 3, types.SimpleNamespace(generator=generator))
    audio, rate = io.read(tmp_path / "samples" / "000003" / "audio.wav")
    assert rate == 44100 and len(audio) == pytest.approx(44100, abs=512)


def test_test_recordings_of_several_targets(recordings, features_path, tiny_gin):
    _, played = make(
        recordings, features_path, tiny_gin, targets=["guitar", "violin"], conditioned=True
    )
    image, true = played.songs["violin"]
    assert image.shape == (2, 32, 32, 2) and true is None
    assert not np.array_equal(image[..., 1], played.songs["guitar"][0][..., 1])


def test_a_missing_test_recording(recordings, features_path, tiny_gin):
    with pytest.raises(UserError, match="has no violin.wav; --test_audio_path needs one"):
        make(recordings, features_path, tiny_gin, origin="violin")
