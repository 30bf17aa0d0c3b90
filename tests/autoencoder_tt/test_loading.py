"""From a folder, a name or a file of weights to a player that keeps its settings."""

import shutil

import gin
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.models import weights
from autoencoder_tt.frames.models import context_frames, frame_autoencoder
from autoencoder_tt.trained import catalogue, files, loading
from timbre_tt.systems import autoencoder

YIN = {"method": "yin"}
QUICK = ["GriffinLim.n_iter=2"]


@pytest.fixture(autouse=True)
def fresh():
    yield
    gin.clear_config()


@pytest.fixture(scope="module")
def published(golden_folder, tmp_path_factory):
    """A model folder as the original leaves it."""
    folder = tmp_path_factory.mktemp("models") / "mine"
    folder.mkdir()
    for name in ("parameters.pkl", "weights.h5"):
        shutil.copy(golden_folder / f"autoencoder_small_{name}", folder / name)
    return folder


def test_loading_a_model_changes_no_other(published, melody):
    audio = melody("bowed", 22050, 0.5)
    models = [*catalogue.instruments(), published]
    quick = {published: []}  # the published design has no use for Griffin-Lim
    players = [loading.load_player(model, [], quick.get(model, QUICK), YIN) for model in models]
    before = [player.render(audio, 22050) for player in players]
    assert all(np.abs(sound).max() > 0.01 for sound in before)
    loading.load_player(models[0], [], ["GriffinLim.n_iter=9", "Playing.phase='random'"])
    gin.clear_config()
    for player, sound in zip(players, before, strict=True):
        np.testing.assert_array_equal(player.render(audio, 22050), sound)


@pytest.mark.parametrize("design", ["frames", "published"])
def test_any_recording_comes_out_as_long(published, melody, design):
    model, quick = (published, []) if design == "published" else ("flute", QUICK)
    player = loading.load_player(model, [], quick, YIN)
    tune = melody("bowed", 22050, 0.5)
    for audio in (np.zeros(0), np.zeros(1), np.ones(1), np.zeros(3000), np.full(3000, np.nan)):
        sound = player.render(audio.astype(np.float32), 22050)
        assert sound.shape == audio.shape and not sound.any()
    spoiled = tune.copy()
    spoiled[5000:5010] = np.nan
    assert np.isfinite(player.render(spoiled, 22050)).all()
    blocks = [tune[i : i + 777] for i in range(0, len(tune), 777)]
    whole = player.render(tune, 22050)
    np.testing.assert_allclose(np.concatenate(list(player.play(blocks))), whole, atol=1e-5)
    assert whole.shape == tune.shape and np.abs(whole).max() > 0.01


def test_ones_own_published_model_plays_in_timbre_transfer(published, melody, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(published.parent.parent / "home"))
    shutil.copytree(published, catalogue.MODELS.new_folder("mine"))
    assert "mine" in autoencoder.instruments()
    audio = melody("bowed", 16000, 0.5)
    assert autoencoder.load("mine", YIN).render(audio, 16000).shape == (11025,)


def test_a_model_has_many_names(published, tmp_path, monkeypatch):
    weights_path = published / files.WEIGHTS
    assert files.weights_of(catalogue.find(published)) == weights_path
    assert files.weights_of(catalogue.find(weights_path)) == weights_path
    assert catalogue.find("flute") == catalogue.folder("flute")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="tuba: no such folder with a weights.h5"):
        files.weights_of(catalogue.find("tuba"))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda f: (f / files.STATISTICS).write_text("{"), "statistics.json is damaged"),
        (lambda f: (f / files.SETTINGS).unlink(), "or parameters.pkl is missing"),
        (lambda f: write(f, "FrameSpectrogram.picture = 'bars'"), "picture is line or comb"),
        (
            lambda f: write(f, "frame_autoencoder.channels = 3"),
            "channels is 3; it must be a list",
        ),
        (lambda f: write(f, "frame_autoencoder.reads = ('colour',)"), "reads must name"),
    ],
)
def test_damaged_models_get_one_line(tmp_path, spoil, message):
    shutil.copytree(catalogue.folder("flute"), tmp_path / "damaged")
    spoil(tmp_path / "damaged")
    with pytest.raises(UserError, match=message):
        loading.load_player(tmp_path / "damaged")


def test_without_statistics_it_plays_unfitted_and_says_so(tmp_path, melody, caplog):
    shutil.copytree(catalogue.folder("flute"), tmp_path / "mine")
    (tmp_path / "mine" / files.STATISTICS).unlink()
    player = loading.load_player(tmp_path / "mine", pitch=YIN)
    assert "mine has no statistics.json, so loudness is not fitted" in caplog.text
    sound = player.render(melody("bowed", 16000, 0.5), 16000)
    assert np.abs(sound).max() > 0.01


def write(folder, line):
    with open(folder / files.SETTINGS, "a") as file:
        file.write(line + "\n")


def test_weights_of_before_fit_convolutions(tmp_path):
    """Kernels were stored as one matrix, [width * channels, filters]."""
    network = small_frames()
    weights.save_weights(network, tmp_path / "new.h5")
    import h5py

    with h5py.File(tmp_path / "new.h5", "r+") as file:
        kernels = []
        file.visit(lambda name: kernels.append(name) if "kernel" in name else None)
        for name in kernels:
            values = file[name][()]
            del file[name]
            file[name] = values.reshape(-1, values.shape[-1])
    again = small_frames()
    weights.load_weights(again, tmp_path / "new.h5")
    for a, b in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def small_frames():
    return frame_autoencoder(9, 4, 80.0, channels=(4, 6), latent_size=3, width=3)


def test_context_is_known():
    assert context_frames(small_frames()) == 3
