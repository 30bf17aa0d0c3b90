"""The decoder against its definition in float64 numpy, and the whole model against its parts."""

import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from audio_tt.models import weights
from ddsp_tt.configurables import models
from ddsp_tt.synthesis import core
from ddsp_tt.trained import loading

PUBLISHED_PARAMETERS = 4_801_150 + 48_000  # decoder and room


def numpy_decoder(decoder, features):
    """Reference section 4: stacks of dense, layer norm, leaky ReLU; GRU; stack; dense."""

    def stack(sequential, x):
        for i in range(0, len(sequential.layers), 3):
            kernel, bias = (np.float64(w) for w in sequential.layers[i].get_weights())
            gamma, beta = (np.float64(w) for w in sequential.layers[i + 1].get_weights())
            x = x @ kernel + bias
            mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
            x = (x - mean) / np.sqrt(variance + 1e-3) * gamma + beta
            x = np.where(x > 0, x, 0.2 * x)
        return x

    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    inputs = [
        stack(part, features[key])
        for part, key in zip(decoder.input_stacks, decoder.input_keys, strict=True)
    ]
    x = np.concatenate(inputs, axis=-1)
    kernel, recurrent, bias = (np.float64(w) for w in decoder.rnn.get_weights())
    n = recurrent.shape[0]
    h, states = np.zeros((x.shape[0], n)), []
    for t in range(x.shape[1]):
        a, b = x[:, t] @ kernel + bias[0], h @ recurrent + bias[1]
        z, r = sigmoid(a[:, :n] + b[:, :n]), sigmoid(a[:, n : 2 * n] + b[:, n : 2 * n])
        h = z * h + (1.0 - z) * np.tanh(a[:, 2 * n :] + r * b[:, 2 * n :])
        states.append(h)
    x = stack(decoder.out_stack, np.concatenate([*inputs, np.stack(states, axis=1)], axis=-1))
    kernel, bias = (np.float64(w) for w in decoder.dense_out.get_weights())
    return x @ kernel + bias


def random_decoder(**settings_of_decoder):
    keras.utils.set_random_seed(0)
    decoder = models.RnnFcDecoder(
        rnn_channels=24,
        ch=16,
        output_splits=(("amps", 1), ("harmonic_distribution", 7), ("noise_magnitudes", 5)),
        **settings_of_decoder,
    )
    rng = np.random.default_rng(1)
    features = {key: rng.uniform(size=(2, 30, 1)).astype("float32") for key in decoder.input_keys}
    decoder(features)
    for variable in decoder.variables:
        variable.assign(variable + 0.2 * rng.normal(size=variable.shape))
    return decoder, features


@pytest.mark.parametrize("layers_per_stack", [1, 3])
def test_decoder(layers_per_stack):
    decoder, features = random_decoder(
        input_keys=("ld_scaled", "f0_scaled"), layers_per_stack=layers_per_stack
    )
    outputs = decoder(features)
    assert {key: x.shape[-1] for key, x in outputs.items()} == {
        "amps": 1,
        "harmonic_distribution": 7,
        "noise_magnitudes": 5,
    }
    joined = np.concatenate([ops.convert_to_numpy(x) for x in outputs.values()], axis=-1)
    np.testing.assert_allclose(joined, numpy_decoder(decoder, features), atol=1e-5)


@pytest.mark.parametrize("rnn_type", ["gru", "lstm"])
def test_decoder_in_blocks(rnn_type):
    decoder, features = random_decoder(input_keys=("f0_scaled",), rnn_type=rnn_type)
    whole = ops.convert_to_numpy(decoder(features)["amps"])
    state, parts = None, []
    for block in (slice(0, 11), slice(11, 30)):
        outputs, state = decoder.decode({"f0_scaled": features["f0_scaled"][:, block]}, state)
        parts.append(ops.convert_to_numpy(outputs["amps"]))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-5)


def test_stateless_decoder_takes_and_gives_its_state():
    decoder, features = random_decoder(input_keys=("f0_scaled",), stateless=True)
    state = np.zeros((2, 24), "float32")
    outputs = decoder({**features, "state": state})
    again = decoder({**features, "state": outputs["state"]})
    assert outputs["state"].shape == (2, 24)
    assert np.abs(ops.convert_to_numpy(again["amps"] - outputs["amps"])).max() > 1e-4


def test_unknown_recurrence():
    with pytest.raises(ValueError, match="rnn_type"):
        models.RnnFcDecoder(rnn_type="transformer")


def test_preprocessor_scales_and_resamples():
    layer = models.F0LoudnessPreprocessor(time_steps=20, compute_loudness=False)
    features = layer(
        {
            "f0_hz": np.full((1, 10), 440.0, "float32"),
            "loudness_db": np.full((1, 10), -40.0, "float32"),
        }
    )
    np.testing.assert_allclose(ops.convert_to_numpy(features["f0_scaled"]), 69 / 127, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(features["ld_scaled"]), 0.5, atol=1e-6)
    assert features["f0_hz"].shape == features["loudness_db"].shape == (1, 20, 1)


def test_given_loudness_counts_unless_it_is_to_be_measured():
    """In the original the demo's loudness is measured anew and so ignored."""
    audio = np.random.default_rng(0).normal(size=(1, 640)).astype("float32")
    features = {
        "audio": audio,
        "f0_hz": np.full((1, 10), 440.0, "float32"),
        "loudness_db": np.full((1, 10), -40.0, "float32"),
    }
    given = models.F0LoudnessPreprocessor(time_steps=10, compute_loudness=False)(features)
    measured = models.F0LoudnessPreprocessor(time_steps=10, compute_loudness=True)(features)
    np.testing.assert_allclose(ops.convert_to_numpy(given["loudness_db"]), -40.0)
    assert np.min(ops.convert_to_numpy(measured["loudness_db"])) > -20.0


def test_published_size():
    settings.parse_gin(("ddsp/published.gin",))
    model = loading.build(models.get_model())
    trainable = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    assert trainable == PUBLISHED_PARAMETERS
    shapes = [tuple(v.shape) for v in model.decoder.trainable_variables]
    assert shapes[:4] == [(1, 512), (512,), (512,), (512,)]
    assert shapes[24:27] == [(1024, 1536), (512, 1536), (2, 1536)]
    assert shapes[27] == (1536, 512) and shapes[-2:] == [(512, 126), (126,)]


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
def test_weights_survive_a_file(tmp_path, layout):
    settings.parse_gin(("ddsp/small.gin",))
    first = loading.build(models.get_model())
    path = tmp_path / "model.h5"
    weights.save_weights(first, path, layout=layout)
    settings.parse_gin(("ddsp/small.gin",))
    second = loading.build(models.get_model())
    weights.load_weights(second, path)
    for a, b in zip(first.trainable_variables, second.trainable_variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(a), ops.convert_to_numpy(b))


def test_harmonics_start_on_a_slope():
    splits = (("amps", 1), ("harmonic_distribution", 8), ("noise_magnitudes", 3))
    raw = {}
    for slope in (0.0, -12.0):
        decoder = models.RnnFcDecoder(
            8, ch=8, input_keys=("ld_scaled",), output_splits=splits, harmonic_slope=slope
        )
        keras.utils.set_random_seed(0)
        raw[slope] = decoder({"ld_scaled": np.zeros((1, 2, 1), "float32")})
    for key, _ in splits:
        moved = ops.convert_to_numpy(raw[-12.0][key]) - ops.convert_to_numpy(raw[0.0][key])
        if key != "harmonic_distribution":
            assert not moved.any()
            continue
        amplitudes = ops.convert_to_numpy(core.exp_sigmoid(moved))
        levels = 20.0 * np.log10(amplitudes / amplitudes[..., :1])
        np.testing.assert_allclose(levels[..., [1, 3, 7]] - [-12, -24, -36], 0.0, atol=1e-3)
