import pathlib

import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import loudness
from audio_tt.dsp.locked_librosa import librosa

GOLDEN = np.load(pathlib.Path(__file__).parents[1] / "golden" / "audio_loudness.npz")
AUDIO = GOLDEN["audio"]


def gradient(function, audio):
    """The gradient of the sum of `function` at `audio`, on whichever backend runs."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.jit(jax.grad(lambda x: ops.sum(function(x))))(audio))
    tf = pytest.importorskip("tensorflow")
    audio = tf.constant(audio)
    with tf.GradientTape() as tape:
        tape.watch(audio)
        total = ops.sum(function(audio))
    return tape.gradient(total, audio).numpy()


@pytest.mark.parametrize(
    "key,options",
    [
        ("loudness_center", {}),
        ("loudness_same", {"padding": "same"}),
        ("loudness_valid", {"padding": "valid"}),
        ("loudness_nfft2048", {"n_fft": 2048}),
        ("loudness_50hz", {"frame_rate": 50}),
    ],
)
def test_loudness_is_the_original_one(key, options):
    measured = ops.convert_to_numpy(loudness.compute_loudness(AUDIO, **options))
    assert measured.shape == GOLDEN[key].shape
    np.testing.assert_allclose(measured, GOLDEN[key], atol=1e-3)


@pytest.mark.parametrize(
    "key,options",
    [
        ("power", {}),
        ("power_1024_50", {"frame_rate": 50, "frame_size": 1024}),
    ],
)
def test_power_is_the_original_one(key, options):
    measured = ops.convert_to_numpy(loudness.compute_power(AUDIO, **options))
    np.testing.assert_allclose(measured, GOLDEN[key], atol=1e-3)


def test_batches_and_lists_of_samples_agree():
    batch = np.stack([AUDIO, AUDIO[::-1] * 0.1])
    both = ops.convert_to_numpy(loudness.compute_loudness(batch))
    assert both.shape == (2, 251)
    for row, audio in zip(both, batch, strict=True):
        np.testing.assert_allclose(row, loudness.compute_loudness(audio), atol=1e-4)


@pytest.mark.parametrize("sample_rate,n_fft", [(16000, 512), (44100, 2048)])
def test_a_weighting(sample_rate, n_fft):
    weighting = loudness.a_weighting_db(n_fft, sample_rate)
    with np.errstate(divide="ignore"):
        expected = librosa.A_weighting(librosa.fft_frequencies(sr=sample_rate, n_fft=n_fft))
    np.testing.assert_allclose(weighting, expected, atol=1e-9)
    if n_fft == 512:
        np.testing.assert_allclose(weighting, GOLDEN["a_weighting_db_512"], atol=1e-4)


def test_silence_is_the_floor_with_gradient_zero():
    silence = np.zeros((2, 3200), np.float32)
    assert np.all(ops.convert_to_numpy(loudness.compute_loudness(silence)) == -80.0)
    assert np.all(ops.convert_to_numpy(loudness.compute_power(silence, range_db=60.0)) == -60.0)
    for function in (loudness.compute_loudness, loudness.compute_power):
        assert np.all(gradient(function, silence) == 0.0)
        assert np.all(np.isfinite(gradient(function, silence + 1e-30)))
        assert np.any(gradient(function, AUDIO[None, :3200]) != 0.0)


def test_twice_the_amplitude_is_6_db_more_and_ref_db_shifts():
    quiet = ops.convert_to_numpy(loudness.compute_loudness(AUDIO))
    loud = ops.convert_to_numpy(loudness.compute_loudness(2.0 * AUDIO, ref_db=10.0))
    audible = loud > -79.0
    assert audible.any()
    np.testing.assert_allclose((loud - quiet)[audible], 20 * np.log10(2) - 10.0, atol=2e-3)


@pytest.mark.parametrize("padding,frames", [("center", 11), ("same", 11), ("valid", 3)])
def test_padding_sets_the_number_of_frames(padding, frames):
    padded = loudness.pad(np.ones((2, 641), np.float32), 512, 64, padding)
    assert 1 + (padded.shape[-1] - 512) // 64 == frames


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="padding"):
        loudness.compute_loudness(AUDIO, padding="reflect")
    with pytest.raises(ValueError, match="does not divide"):
        loudness.compute_loudness(AUDIO, sample_rate=44100)
