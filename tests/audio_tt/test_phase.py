import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import griffin_lim
from audio_tt.dsp.locked_librosa import librosa
from audio_tt.dsp.stft import magnitude, stft

N_FFT, HOP = 1024, 256


def melody(sample_rate=16000):
    """Five notes of eight decaying harmonics."""
    t = np.arange(sample_rate // 4) / sample_rate
    notes = []
    for hz in (262.0, 330.0, 392.0, 523.0, 440.0):
        partials = [np.sin(2 * np.pi * hz * k * t) / k**1.5 for k in range(1, 9)]
        notes.append(np.sum(partials, axis=0) * np.minimum(t / 0.01, 1.0) * np.exp(-4.0 * t))
    return (0.4 * np.concatenate(notes)).astype(np.float32)


def convergence(audio, target):
    """Spectral convergence: the distance of the spectrograms relative to the target's size."""
    reached = ops.convert_to_numpy(magnitude(audio, N_FFT, HOP))
    return np.linalg.norm(reached - target) / np.linalg.norm(target)


@pytest.fixture(scope="module")
def target():
    return ops.convert_to_numpy(magnitude(melody(), N_FFT, HOP))


def test_as_good_as_librosa(target):
    length = len(melody())
    ours, theirs = [], []
    for seed in range(3):
        audio = griffin_lim.griffin_lim(target, HOP, seed=seed, length=length)
        ours.append(convergence(audio, target))
        peer = librosa.griffinlim(
            target.T, hop_length=HOP, n_iter=32, momentum=0.99, random_state=seed, length=length
        )
        theirs.append(convergence(peer, target))
    assert audio.shape == (length,)
    assert np.mean(ours) < np.mean(theirs) * 1.05 + 0.005
    assert np.mean(ours) < 0.15


def test_equals_librosa_from_the_same_start(target):
    start = np.zeros_like(target)
    ours = griffin_lim.griffin_lim(target, HOP, n_iter=4, init=start)
    peer = librosa.griffinlim(target.T, hop_length=HOP, n_iter=4, init=None, momentum=0.99)
    ours = ops.convert_to_numpy(ours)
    assert np.abs(ours - peer).max() < 1e-3 * np.abs(peer).max()


def test_the_true_phase_is_kept_and_momentum_helps(target):
    real, imag = map(ops.convert_to_numpy, stft(melody(), N_FFT, HOP))
    length = len(melody())
    audio = griffin_lim.griffin_lim(target, HOP, 2, init=np.arctan2(imag, real), length=length)
    np.testing.assert_allclose(audio, melody(), atol=1e-3)
    slow = griffin_lim.griffin_lim(target, HOP, momentum=0.0)
    assert convergence(griffin_lim.griffin_lim(target, HOP), target) < convergence(slow, target)


def test_batch_seed_and_window(target):
    batch = np.stack([target, 0.0 * target])
    first = ops.convert_to_numpy(griffin_lim.griffin_lim(batch, HOP, n_iter=3, seed=5))
    second = ops.convert_to_numpy(griffin_lim.griffin_lim(batch, HOP, n_iter=3, seed=5))
    np.testing.assert_array_equal(first, second)
    assert first.shape == (2, HOP * (target.shape[0] - 1))
    assert np.all(first[1] == 0.0) and np.any(first[0] != 0.0)
    other = ops.convert_to_numpy(griffin_lim.griffin_lim(batch, HOP, n_iter=3, seed=6))
    assert np.abs(first - other).max() > 1e-3
    hann = griffin_lim.griffin_lim(
        target, HOP, n_iter=3, window=librosa.filters.get_window("hann", N_FFT)
    )
    np.testing.assert_allclose(hann, griffin_lim.griffin_lim(target, HOP, n_iter=3), atol=1e-5)
    with pytest.raises(ValueError, match="unknown start"):
        griffin_lim.griffin_lim(target, HOP, init="zeros")
