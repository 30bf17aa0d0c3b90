import gin
import numpy as np
import pytest
import soundfile

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.models import weights
from autoencoder_tt.configurables import design as designs
from autoencoder_tt.evaluation import encoding, encoding_map
from autoencoder_tt.frames import encoding as frame_encoding
from autoencoder_tt.published import clips, preparation
from autoencoder_tt.published.features import ClipSpectrogram
from autoencoder_tt.trained import loading

PICTURES = """
include 'autoencoder/published.gin'
ClipSpectrogram.n_samples = 8192
ClipSpectrogram.hop_length = 512
convolutional_autoencoder.input_shape = (512, 17, 2)
convolutional_autoencoder.filters = (2, 2)
convolutional_autoencoder.strides = ((2, 1), (4, 1))
convolutional_autoencoder.latent_size = 3
"""
FRAMES = """
include 'autoencoder/flute.gin'
FrameSpectrogram.n_fft = 256
FrameSpectrogram.hop_length = 128
FrameSpectrogram.sample_rate = 8000
frame_autoencoder.channels = (4, 4)
frame_autoencoder.latent_size = 3
frame_autoencoder.width = 3
"""


@pytest.fixture
def model(tmp_path):
    def make(text):
        settings.parse_gin([_written(tmp_path / "model.gin", text)])
        folder = tmp_path / "model"
        folder.mkdir()
        design = designs.get_design()
        weights.save_weights(design.network, folder / "weights.h5")
        (folder / "operative_config.gin").write_text(text)
        return loading.load(folder)

    yield make
    gin.clear_config()


def _written(path, text):
    path.write_text(text)
    return path


@pytest.fixture
def recordings(tmp_path, melody):
    folder = tmp_path / "in"
    for name in ("flute/a.wav", "violin/a.wav", "violin/more/b.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        audio = melody("bowed", 22050, 0.9, 0.15) * (0.5 if name[0] == "f" else 1.0)
        soundfile.write(folder / name, audio, 22050, subtype="FLOAT")
    return folder


def test_the_published_design(tmp_path, model, recordings):
    trained = model(PICTURES)
    assert encoding.encode_all(trained, recordings, tmp_path / "out") == 0
    latent = np.load(tmp_path / "out" / "violin" / "a.npy")
    assert latent.shape == (2, 3) and latent.dtype == np.float32  # 2.4 clips
    assert (tmp_path / "out" / "violin" / "more" / "b.npy").is_file()
    spectrogram = ClipSpectrogram()
    preparation.preprocess(
        recordings / "violin" / "a.wav", tmp_path / "clips", spectrogram, whole=True, processes=1
    )
    assert encoding.encode_all(trained, tmp_path / "clips", tmp_path / "again") == 0
    for index in range(2):
        again = np.load(tmp_path / "again" / f"a_{index:03d}.npy")
        np.testing.assert_allclose(again[0], latent[index], rtol=1e-3, atol=1e-4)


def test_an_autoencoder_of_sound_hears_more_than_pitch(tmp_path, model, recordings):
    trained = model(PICTURES + "PictureDesign.reads = 'spectrograms'\n")
    latent = trained.design.encode(recordings / "violin" / "a.wav")
    picture = clips_of(recordings / "violin" / "a.wav", trained)
    expected = trained.design.network.get_layer("encoder")(picture[None])
    np.testing.assert_allclose(latent[:1], expected, rtol=1e-4, atol=1e-5)


def clips_of(path, trained):
    audio = soundfile.read(path, dtype="float32")[0][:8192]
    picture = trained.design.spectrogram.analyse(audio)
    return (picture - picture.min()) / (picture.max() - picture.min())


def test_the_frame_wise_design(tmp_path, model, recordings, monkeypatch):
    trained = model(FRAMES)
    path = recordings / "violin" / "a.wav"
    latent = trained.design.encode(path, {"method": "yin"})
    assert latent.shape == (1 + round(0.9 * 8000) // 128, 3)
    monkeypatch.setattr(frame_encoding, "_FRAMES", 16)
    np.testing.assert_allclose(trained.design.encode(path, {"method": "yin"}), latent, atol=1e-5)


def test_what_cannot_be_encoded(tmp_path, model, recordings, caplog):
    trained = model(FRAMES)
    (recordings / "flute" / "a.wav").write_bytes(b"nothing")
    assert encoding.encode_all(trained, recordings, tmp_path / "out", {"method": "yin"}) == 1
    assert not (tmp_path / "out" / "flute").exists()
    clips.write(tmp_path / "clips" / clips.INPUTS / "a.npy", np.zeros((2, 2, 2)))
    with pytest.raises(UserError, match="reads no preprocessed clips"):
        encoding.encode_all(trained, tmp_path / "clips", tmp_path / "out")


def test_a_map(tmp_path):
    random = np.random.default_rng(0)
    middles = {"flute": 5.0, "violin": -5.0}
    for name, middle in middles.items():
        for recording in ("a", "b"):
            rows = random.normal(0, 0.3, (300, 6)) + middle * np.eye(6)[2]
            clips.write(tmp_path / "latent" / name / f"{recording}.npy", rows)
    latent, instruments, recordings = encoding_map.read(tmp_path / "latent")
    assert latent.shape == (600, 6)  # not all of a long file
    points, shares = encoding_map.project(latent)
    assert shares[0] > 0.9 and shares.sum() < 1
    sides = {name: np.sign(points[instruments == name, 0]) for name in middles}
    assert abs(sides["flute"].mean()) == 1 and (sides["flute"][0] != sides["violin"]).all()
    assert encoding_map.nearest_share(latent, instruments, recordings) == 1.0
    mixed = random.permutation(instruments)
    assert 0.3 < encoding_map.nearest_share(latent, mixed, recordings) < 0.7
    encoding_map.draw(tmp_path / "map.png", points, shares, instruments)
    assert (tmp_path / "map.png").read_bytes()[:4] == b"\x89PNG"


def test_maps_of_little(tmp_path):
    with pytest.raises(UserError, match="holds no .npy file"):
        encoding_map.read(tmp_path)
    clips.write(tmp_path / "a.npy", np.ones((1, 4)))
    latent, instruments, recordings = encoding_map.read(tmp_path)
    points, shares = encoding_map.project(latent)
    assert points.shape == (1, 2) and not points.any() and not shares.any()
    assert np.isnan(encoding_map.nearest_share(latent, instruments, recordings))
    clips.write(tmp_path / "b.npy", np.ones((1, 5)))
    with pytest.raises(UserError, match="of another model"):
        encoding_map.read(tmp_path)
