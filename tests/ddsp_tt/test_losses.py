"""The spectral loss and the spectra under it, against figures measured on ddsp 3.7.0."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from ddsp_tt import losses
from ddsp_tt.features import spectral_ops

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_loss.npz"))
# TensorFlow's FFT on the CPU is off by some 6e-6 of the rms; where the spectrum is numerically
# silent its logarithm is noise, and 0.24 of 29.4 differs between float32 TensorFlow and float64.
LOG_NOISE = 0.25


def batch(key):
    return GOLDEN[key][None]


def spectral_loss(target, value, **weights):
    return float(losses.SpectralLoss(**weights)(batch(target), batch(value)))


@pytest.mark.parametrize("size", [2048, 512, 64])
def test_magnitudes(size):
    magnitudes = ops.convert_to_numpy(spectral_ops.compute_mag(batch("spec/audio"), size))[0]
    expected = GOLDEN[f"spec/mag_{size}"]
    np.testing.assert_allclose(magnitudes, expected, atol=1e-5 * expected.max())


@pytest.mark.parametrize(
    "key, compute, tolerance",
    [
        ("spec/mel", spectral_ops.compute_mel, 2e-3),
        ("spec/logmel", spectral_ops.compute_logmel, 2e-2),
        ("spec/mfcc", spectral_ops.compute_mfcc, 1e-2),
    ],
)
def test_mel_family(key, compute, tolerance):
    value = ops.convert_to_numpy(compute(batch("spec/audio")))[0]
    np.testing.assert_allclose(value, GOLDEN[key], atol=tolerance)


def test_mfcc_of_the_encoder():
    value = spectral_ops.compute_mfcc(batch("spec/audio"), mfcc_bins=30, overlap=0.5)
    expected = GOLDEN["spec/mfcc30_ov50"]
    np.testing.assert_allclose(ops.convert_to_numpy(value)[0], expected, atol=1e-2)


def test_spectral_loss():
    value = spectral_loss("loss2/target", "loss2/value", logmag_weight=1.0)
    assert value == pytest.approx(float(GOLDEN["loss2/total_mag1_logmag1"]), rel=1e-5)
    value = spectral_loss("loss/target", "loss/value", logmag_weight=1.0)
    assert value == pytest.approx(float(GOLDEN["loss/total_mag1_logmag1"]), abs=LOG_NOISE)


@pytest.mark.parametrize(
    "key, weights",
    [
        ("delta_time_weight", {"delta_time_weight": 1.0}),
        ("delta_freq_weight", {"delta_freq_weight": 1.0}),
        ("cumsum_freq_weight", {"cumsum_freq_weight": 1.0}),
        ("loudness_weight", {"loudness_weight": 1.0}),
    ],
)
def test_further_terms(key, weights):
    value = spectral_loss("loss/target", "loss/value", mag_weight=0.0, **weights)
    assert value == pytest.approx(float(GOLDEN[f"loss/{key}"]), rel=2e-6)


def test_squared_difference():
    value = spectral_loss("loss/target", "loss/value", loss_type="L2", logmag_weight=1.0)
    assert value == pytest.approx(float(GOLDEN["loss/L2"]), rel=0.03)


def test_against_silence():
    silence = np.zeros_like(batch("loss/target"))
    value = float(losses.SpectralLoss(logmag_weight=1.0)(batch("loss/target"), silence))
    assert value == pytest.approx(float(GOLDEN["loss/vs_silence"]), abs=LOG_NOISE)


def test_log_mel_term():
    target, value = batch("loss2/target"), batch("loss2/value")
    expected = np.mean(
        np.abs(
            ops.convert_to_numpy(spectral_ops.compute_logmel(target))
            - ops.convert_to_numpy(spectral_ops.compute_logmel(value))
        )
    )
    loss = float(losses.SpectralLoss(mag_weight=0.0, logmel_weight=2.0)(target, value))
    assert loss == pytest.approx(2.0 * expected, rel=1e-5)


def gradient_of(function, x):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x).numpy()
    import jax

    return np.asarray(jax.jit(jax.grad(function))(x))


def test_gradient():
    target = batch("loss2/target")
    loss = losses.SpectralLoss(logmag_weight=1.0)
    gradient = gradient_of(lambda x: loss(target, x), batch("loss2/value"))[0]
    expected = GOLDEN["loss2/grad_value"]
    np.testing.assert_allclose(gradient, expected, atol=2e-4 * np.abs(expected).max())


def test_gradient_at_silence_is_finite():
    loss = losses.SpectralLoss(logmag_weight=1.0, logmel_weight=1.0, loudness_weight=1.0)
    silence = np.zeros((1, 4096), "float32")
    assert np.isfinite(gradient_of(lambda x: loss(silence, x), silence)).all()


def test_cosine_of_equal_is_zero():
    x = np.random.default_rng(0).normal(size=(2, 5, 7)).astype("float32")
    assert float(losses.mean_difference(x, 3.0 * x, "cosine")) == pytest.approx(0.0, abs=1e-6)


def test_unknown_loss_type():
    with pytest.raises(ValueError, match="loss type"):
        losses.mean_difference(0.0, 1.0, "L3")


def test_loudness_and_mel_are_the_same_at_every_rate():
    """Two tones, of which the mel bins or the loudness differ alike at 16 and at 48 kHz."""
    values = {}
    for rate in (16000, 48000):
        time = np.arange(rate) / rate
        tones = [0.3 * np.sin(2 * np.pi * hz * time)[None].astype("float32") for hz in (500, 2000)]
        noise = np.random.default_rng(0).standard_normal((1, 16000)).astype("float32")
        noise = np.repeat(noise, rate // 16000, axis=1) * 1e-3
        for weights in ({"logmel_weight": 1.0}, {"loudness_weight": 1.0}):
            loss = losses.SpectralLoss((256,), mag_weight=0.0, sample_rate=rate, **weights)
            key = next(iter(weights))
            values[key, rate] = float(loss(tones[0] + noise, 0.5 * tones[1] + noise))
        silence = losses.SilenceLoss(sample_rate=rate)
        values["silence", rate] = float(silence(tones[0], 0.1 * tones[0]))
    for key in ("logmel_weight", "loudness_weight", "silence"):
        assert values[key, 48000] == pytest.approx(values[key, 16000], rel=0.1), key
