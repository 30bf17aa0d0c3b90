import numpy as np
import pytest

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.dsp.windows import window_values
from audio_tt.errors import UserError
from pix2pix_tt.features import SliceSpectrogram


@pytest.fixture(scope="module")
def audio(melody):
    return melody("plucked", 44100, 5.0)


def test_figures_of_the_original(audio, golden):
    spectrogram = SliceSpectrogram()
    magnitude, phase = spectrogram.analyse(audio)
    assert magnitude.shape == (256, golden["n_frames"])
    assert phase.shape == (513, golden["n_frames"])
    np.testing.assert_allclose(magnitude[:, :40], golden["mag_first40"], atol=2e-7)
    level = spectrogram.to_level(magnitude)
    np.testing.assert_allclose(level[:, :40], golden["db_first40"], atol=1e-6)
    turn = np.exp(1j * phase[:, :8]) - np.exp(1j * golden["phase_first8"])
    assert np.abs(turn).max() < 1e-5


def test_slices_of_the_original(slices, golden):
    plucked, _ = slices
    assert plucked.shape == (golden["n_slices"], 256, 256, 1)
    assert plucked.dtype == np.float32
    difference = plucked[0, :128, :, 0] - golden["x_slice0_rows128"]
    assert np.abs(difference).max() < 5e-4
    assert np.all(plucked[1, :, 431 - 256 :] == -1.0)


def test_there_and_back_loses_only_what_is_above_the_highest_bin(audio):
    spectrogram = SliceSpectrogram()
    slices, phase = spectrogram.encode(audio)
    back = spectrogram.decode(slices, phase, len(audio))
    assert back.shape == audio.shape
    inner = slice(1024, -1024)
    noise = back[inner] - audio[inner]
    assert 10 * np.log10(np.mean(audio[inner] ** 2) / np.mean(noise**2)) > 60
    assert spectrogram.decode(slices, phase).shape == (430 * 512,)


def test_a_sine_of_amplitude_1_has_magnitude_and_level_1():
    n = np.arange(44100)
    magnitude, _ = SliceSpectrogram().analyse(np.sin(2 * np.pi * 20 * n / 1024))
    assert magnitude[20, 40] == pytest.approx(1.0, abs=1e-3)
    assert SliceSpectrogram().to_level(np.float32(1.0)) == pytest.approx(1.0)


@pytest.mark.parametrize("samples", [1, 512, 1025, 256 * 512 - 1, 256 * 512])
def test_any_length(samples):
    spectrogram = SliceSpectrogram()
    audio = np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)
    slices, phase = spectrogram.encode(audio)
    assert slices.shape[0] == -(-phase.shape[1] // 256)
    back = spectrogram.decode(slices, phase, samples)
    assert back.shape == (samples,)
    assert np.isfinite(back).all()


def test_silence_stays_silence():
    spectrogram = SliceSpectrogram()
    slices, phase = spectrogram.encode(np.zeros(5000, np.float32))
    assert np.all(slices == -1.0)
    assert np.all(spectrogram.decode(slices, phase) == 0.0)


@pytest.mark.parametrize("pad_mode", ["reflect", "constant"])
def test_the_transform_of_librosa_and_back(pad_mode):
    audio = np.random.default_rng(0).uniform(-1, 1, 300_000).astype(np.float32)
    spectrogram = SliceSpectrogram(hop_length=300, pad_mode=pad_mode, n_bins=513)
    window = window_values("hann_symmetric", 1024)
    options = {"hop_length": 300, "window": window}
    expected = librosa.stft(audio, n_fft=1024, pad_mode=pad_mode, **options)
    magnitude, phase = spectrogram.analyse(audio)
    scale = np.float32(window.sum() / 2)
    np.testing.assert_allclose(scale * magnitude, np.abs(expected), atol=1e-6 * scale)
    turn = np.exp(1j * phase) - np.exp(1j * np.angle(expected))
    assert np.abs(turn[1:-1]).max() < 1e-5
    for length in (None, len(audio), len(audio) + 5000):
        back = spectrogram.synthesise(magnitude, phase, length)
        wanted = librosa.istft(spectrogram.spectrum(magnitude, phase), length=length, **options)
        assert back.shape == wanted.shape
        np.testing.assert_allclose(back[:290_000], wanted[:290_000], atol=1e-6)


@pytest.mark.parametrize(
    "settings",
    [{"n_fft": "1024"}, {"hop_length": 2048}, {"n_bins": 514}, {"window": "hamming"}]
    + [{"log_gain": True}, {"slice_frames": 0}, {"pad_mode": "edge"}],
)
def test_settings_that_make_no_spectrogram(settings):
    (name,) = settings
    with pytest.raises(UserError, match=f"SliceSpectrogram.{name} is .*; it must be "):
        SliceSpectrogram(**settings)
