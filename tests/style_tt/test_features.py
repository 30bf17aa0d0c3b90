import numpy as np
import pytest

from style_tt.features import LogSpectrogram

SMALL = LogSpectrogram(n_fft=256, hop_length=64, n_iter=50, momentum=0.99)


@pytest.mark.parametrize(("role", "timbre"), [("content", "plucked"), ("style", "bowed")])
def test_figures_of_the_original(melody, golden, role, timbre):
    spectrogram = SMALL.encode(melody(timbre, golden["sr"], 2.0))
    assert spectrogram.dtype == np.float32
    np.testing.assert_allclose(spectrogram.T, golden[role], atol=1e-6, rtol=6e-4)


def test_there_and_back(melody):
    audio = melody("bowed", 22050, 1.0)
    spectrogram = SMALL.encode(audio)
    back = SMALL.decode(spectrogram, len(audio))
    assert back.shape == audio.shape
    reached = SMALL.encode(back)
    distance = np.linalg.norm(np.expm1(reached) - np.expm1(spectrogram))
    assert distance < 0.1 * np.linalg.norm(np.expm1(spectrogram))
    np.testing.assert_array_equal(back, SMALL.decode(spectrogram, len(audio)))


def test_what_is_below_0_is_silent():
    spectrogram = np.full((20, 129), -3.0, np.float32)
    assert np.abs(SMALL.decode(spectrogram)).max() < 1e-6


@pytest.mark.parametrize("samples", [1, 100, 256, 1000])
def test_any_length(samples):
    audio = np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)
    spectrogram = SMALL.encode(audio)
    assert spectrogram.shape == (1 + max(samples, 256) // 64, 129)
    assert np.isfinite(spectrogram).all()
