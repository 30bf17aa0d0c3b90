import numpy as np
import pytest

from audio_tt.dsp import stft_blocks
from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.errors import UserError
from pix2pix_tt.features import SliceSpectrogram
from pix2pix_tt.playing import phases

FEATURES = SliceSpectrogram(n_fft=256, hop_length=128, n_bins=100)
GRIFFIN_LIM = GriffinLim()


def transform(audio):
    return np.concatenate(list(stft_blocks.analyse([audio], FEATURES)), axis=-1)


@pytest.fixture(scope="module")
def pairs(melody):
    """Magnitudes that no sound has, and the recording that they were made from."""
    audio = melody("plucked", 8000, 2.0)
    spectrum = transform(np.stack([audio, audio[::-1]], axis=1))
    magnitude = FEATURES.magnitude(spectrum)
    return magnitude + 0.7 * np.roll(magnitude, 9, axis=1), spectrum


def drawn(method, pairs, block=1000, seed=0, griffin_lim=GRIFFIN_LIM):
    splits = range(block, pairs[0].shape[-1], block)
    blocks = zip(*(np.array_split(x, splits, axis=-1) for x in pairs), strict=True)
    spectra = phases.with_phase(method, blocks, FEATURES, griffin_lim, seed)
    return np.concatenate(list(spectra), axis=-1)


def inconsistency(spectrum):
    audio = np.concatenate(list(stft_blocks.synthesise([spectrum], FEATURES)))
    heard = transform(audio[: (spectrum.shape[-1] - 1) * FEATURES.hop_length])
    return np.linalg.norm(np.abs(heard) - np.abs(spectrum)) / np.linalg.norm(spectrum)


@pytest.mark.parametrize("method", phases.METHODS)
def test_the_magnitude_is_kept(method, pairs):
    spectrum = drawn(method, pairs)
    np.testing.assert_allclose(FEATURES.magnitude(spectrum), pairs[0], atol=1e-6)
    assert not spectrum[:, 100:].any()


@pytest.mark.parametrize("method", phases.METHODS)
def test_blocks_make_no_difference(method, pairs):
    whole = drawn(method, pairs)
    parts = drawn(method, pairs, block=17, griffin_lim=GriffinLim(window_frames=20))
    assert np.abs(parts - whole).max() < 2e-3 * np.abs(whole).max()


def test_the_inputs_phase(pairs):
    spectrum = drawn("input", pairs)
    own = pairs[1][:, :100]
    aligned = np.real(spectrum[:, :100] * np.conj(own))
    np.testing.assert_allclose(aligned, np.abs(spectrum[:, :100] * own), atol=1e-3)


def test_zero_is_real(pairs):
    spectrum = drawn("zero", pairs)
    assert not spectrum.imag.any() and spectrum.real.min() >= 0.0


def test_random_follows_the_seed(pairs):
    one, again, other = (drawn("random", pairs, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1 * np.abs(one).max()
    left, right = np.angle(one[:, :100])
    assert np.abs(np.mean(np.exp(1j * (left - right)))) < 0.1


def test_griffin_lim_fits_the_magnitude_best(pairs):
    fits = {method: inconsistency(drawn(method, pairs)) for method in phases.METHODS}
    assert fits["griffin_lim"] < 0.7 * fits["input"]
    assert fits["input"] < 0.8 * min(fits["zero"], fits["random"])


def test_unknown_methods_are_refused(pairs):
    with pytest.raises(UserError, match="unknown phase 'flat'"):
        drawn("flat", pairs)
