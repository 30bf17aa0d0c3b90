"""Every figure is compared with librosa's own."""

import numpy as np
import pytest

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.pitch.pyin import pyin

RATE = 22050


def same_as_librosa(audio, rate=RATE, fmin=65.40639, fmax=2093.0045, **options):
    expected, _, probability = librosa.pyin(audio, sr=rate, fmin=fmin, fmax=fmax, **options)
    found, voiced = pyin(audio, rate, fmin, fmax, **options)
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_allclose(voiced, probability, atol=1e-12)
    return found


@pytest.mark.parametrize("timbre", ["bowed", "plucked"])
def test_a_melody(melody, timbre):
    found = same_as_librosa(melody(timbre, RATE, 1.4, 0.35), hop_length=512)
    assert np.isfinite(found).mean() > 0.8


def test_noise_silence_and_bursts(melody):
    rng = np.random.default_rng(0)
    burst = np.concatenate([np.zeros(6000), rng.normal(0, 0.1, 3000), np.zeros(6000)])
    burst[9000:] += melody("bowed", RATE, 0.3)[:6000]
    found = same_as_librosa(burst.astype(np.float32), hop_length=512)
    assert 0 < np.isfinite(found).sum() < len(found)
    assert not np.isfinite(same_as_librosa(np.zeros(8000, np.float32), hop_length=512)).any()


@pytest.mark.parametrize(("resolution", "hop_length"), [(0.2, 64), (0.5, 441), (0.3, 500)])
def test_other_settings(melody, resolution, hop_length):
    audio = melody("bowed", 16000, 0.6, 0.2)
    options = dict(frame_length=1024, resolution=resolution, hop_length=hop_length, center=False)
    same_as_librosa(audio, 16000, 40.0, 1900.0, **options)


def test_leaps_farther_than_it_can_follow(melody):
    time = np.arange(2048) / RATE
    tones = [np.sin(2 * np.pi * f0_hz * time) for f0_hz in (70, 1800, 100, 2000, 80, 1500)]
    same_as_librosa(np.concatenate(tones).astype(np.float32), hop_length=128)
