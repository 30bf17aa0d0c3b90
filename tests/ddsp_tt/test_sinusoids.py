"""Sinusoids, the encoders that make them, and their loss, against figures of the original's."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from audio_tt.errors import UserError
from audio_tt.models.compilation import compiled
from ddsp_tt import losses, models
from ddsp_tt.models import resnet
from ddsp_tt.synthesis import core, processors, synths

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_sinusoids.npz"))
SPLITS = (("frequencies", 40), ("amplitudes", 5), ("noise_magnitudes", 9))


def filled(layer, seed):
    """The layer with the weights that the figures were measured with."""
    rng = np.random.default_rng(seed)
    for variable in layer.trainable_variables:
        value = rng.standard_normal(variable.shape, "float32")
        scale = np.sqrt(np.prod(variable.shape[:-1])) if value.ndim > 1 else 2.0
        variable.assign(value / np.float32(scale))
    return layer


@pytest.fixture(scope="module")
def inputs():
    """What the original was given, in the order in which it was drawn."""
    rng = np.random.default_rng(0)
    drawn = {
        "raw": rng.standard_normal((2, 4, 15), "float32") * 3,
        "amps": rng.standard_normal((2, 10, 4), "float32") - 1,
        "freqs": rng.standard_normal((2, 10, 4), "float32") * 2,
        "x": rng.standard_normal((2, 3, 5, 64), "float32"),
        "hiss": rng.standard_normal((2, 8192), "float32"),
    }
    for name, n in (("sin", 6), ("other", 5)):
        drawn[f"{name}_freqs"] = rng.random((2, 12, n), "float32") * 3000
        drawn[f"{name}_amps"] = rng.random((2, 12, n), "float32")
    drawn["other_amps"][..., 0] = 0.0
    t = np.arange(8192) / 16000
    sweep = 0.5 * np.sin(2 * np.pi * (200 * t + 400 * t * t))
    bell = 0.3 * np.sin(2 * np.pi * 1234 * t) * np.exp(-3 * t)
    drawn["audio"] = np.stack([sweep, bell]).astype("float32") + 0.01 * drawn.pop("hiss")
    return drawn


def check(name, value, atol=1e-5, rtol=3e-6):
    np.testing.assert_allclose(ops.convert_to_numpy(value), GOLDEN[name], atol=atol, rtol=rtol)


def test_frequencies(inputs):
    raw = inputs["raw"]
    check("softmax", core.frequencies_softmax(raw, depth=5))
    narrow = core.frequencies_softmax(raw.reshape(2, 4, 3, 5), hz_min=50.0, hz_max=1200.0)
    check("softmax_narrow", narrow)
    check("sigmoid", core.frequencies_sigmoid(raw))
    check("sigmoid_deep", core.frequencies_sigmoid(raw, depth=5, hz_min=30.0, hz_max=4000.0))
    unit = core.hz_to_unit(np.abs(raw) * 1000, 0.0, 8000.0)
    check("unit", unit, 1e-6)
    back = ops.convert_to_numpy(core.unit_to_hz(unit, 0.0, 8000.0))
    np.testing.assert_allclose(back, np.abs(raw) * 1000, rtol=1e-4)


def test_sinusoidal(inputs):
    synth = synths.Sinusoidal(n_samples=640)
    controls = synth.get_controls(inputs["amps"], inputs["freqs"])
    for key, value in controls.items():
        check(f"sinusoidal_{key}", value)
    check("sinusoidal_audio", synth.get_signal(**controls), 1e-3)  # the original's float32 phase


def test_sinusoids_frame_by_frame_are_the_bank_of_oscillators():
    """Over a second, with frequencies that cross Nyquist; in one piece and in two."""
    rng = np.random.default_rng(1)
    freqs = (rng.random((1, 50, 3)) * 9000).astype("float32")
    amps = rng.random((1, 50, 3)).astype("float32")
    synth = synths.Sinusoidal(n_samples=16000, amp_scale_fn=None, freq_scale_fn=None)
    whole = ops.convert_to_numpy(synth(amps, freqs))
    frames = np.arange(16000) / 320
    envelopes = np.stack([np.interp(frames, np.arange(50), f) for f in freqs[0].T], -1)
    phase = 2 * np.pi * np.cumsum(envelopes / 16000, axis=0)
    fade = 0.5 + 0.5 * np.cos(np.pi * (frames % 1.0))[:, None]
    index = frames.astype(int)
    loud = amps[0][index] * fade + amps[0][np.minimum(index + 1, 49)] * (1 - fade)
    exact = np.sum(loud * np.sin(phase) * (envelopes < 8000), axis=-1)
    # Where an envelope touches Nyquist a rounding decides whether a sample sounds.
    assert np.quantile(np.abs(whole[0] - exact), 0.999) < 5e-4

    def block(first, n_frames):
        return processors.Block(first, n_frames, 1, 320, 50, 0)

    parts, state = [], None
    padded = [np.concatenate([x[:, :1], x, x[:, -1:]], axis=1) for x in (amps, freqs)]
    for first, n in ((0, 20), (20, 30)):
        audio, state = synth.stream(
            block(first, n), state, *[x[:, first : first + n + 2] for x in padded]
        )
        parts.append(ops.convert_to_numpy(audio))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=2e-5)


@pytest.mark.parametrize("kind", ["layer", "instance", "group"])
def test_normalize(inputs, kind):
    layer = resnet.Normalize(kind)
    layer.build(inputs["x"].shape)
    check(f"normalize_{kind}", filled(layer, 1)(inputs["x"]))


def test_resnet_encoder(inputs):
    encoder = models.ResnetSinusoidalEncoder(output_splits=SPLITS, size="small")
    audio = {"audio": ops.convert_to_tensor(inputs["audio"])}
    encoder(audio)  # quicker than tracing so many layers
    filled(encoder, 2)
    assert encoder.resnet.count_params() == GOLDEN["parameters_small"]

    outputs = encoder(audio)
    assert set(outputs) == {key for key, _ in SPLITS}
    for key, value in outputs.items():
        check(f"encoder_{key}", value)


@pytest.mark.slow
def test_the_largest_size():
    network = resnet.ResNet("large")
    network(keras.KerasTensor((1, 2, 64)))
    assert network.count_params() == GOLDEN["parameters_large"]


def test_sizes_that_there_are():
    with pytest.raises(UserError, match="small, medium, large, not 'tiny'"):
        models.ResnetSinusoidalEncoder(size="tiny")
    with pytest.raises(UserError, match="norm_type must be"):
        resnet.ResNet("small", norm_type="batch")


def test_sinusoids_to_harmonics(inputs):
    net = models.RnnSandwich(fc_stack_ch=16, rnn_ch=24)
    encoder = models.SinusoidalToHarmonicEncoder(net, n_harmonics=20)
    sinusoids = [ops.convert_to_tensor(inputs[key]) for key in ("sin_freqs", "sin_amps")]
    encoder(*[keras.KerasTensor(x.shape) for x in sinusoids])
    filled(encoder, 3)
    outputs = encoder(*sinusoids)
    for key in ("harm_amp", "harm_dist"):
        check(key, outputs[key])
    check("f0_hz", outputs["f0_hz"])


def test_consistency(inputs):
    sets = [
        ops.convert_to_tensor(inputs[key])
        for key in ("sin_amps", "sin_freqs", "other_amps", "other_freqs")
    ]
    one_way = {"weight_b": 0.0, "weight_mean_amp": 0.0, "scale_a": 0.3, "scale_b": 2.0}
    other_way = {**one_way, "weight_a": 0.0, "weight_b": 1.0}

    def values(*sets):
        return [losses.KDEConsistencyLoss(**kind)(*sets) for kind in ({}, one_way, other_way)]

    found = compiled(values)(*sets)
    np.testing.assert_allclose([float(x) for x in found], GOLDEN["kde"], rtol=1e-5)
