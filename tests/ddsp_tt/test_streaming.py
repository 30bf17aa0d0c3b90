"""Sound made in blocks is the sound made at once."""

import keras
import numpy as np
import pytest
from keras import ops

from ddsp_tt import models
from ddsp_tt.models import rendering
from ddsp_tt.synthesis import effects, processors, shared, synths

FRAMES, HOP, SEED = 1730, 64, 7


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(3)
    dag = [
        (synths.Harmonic(n_samples=None), ["amps", "harmonic_distribution", "f0_hz"]),
        (synths.FilteredNoise(n_samples=None, window_size=0), ["noise_magnitudes"]),
        (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
        (effects.Reverb(trainable=True, reverb_length=9000), ["add/signal"]),
    ]
    model = models.Autoencoder(
        preprocessor=models.F0LoudnessPreprocessor(time_steps=None, compute_loudness=False),
        decoder=models.RnnFcDecoder(
            rnn_channels=16,
            ch=24,
            layers_per_stack=2,
            input_keys=("ld_scaled", "f0_scaled"),
            output_splits=(("amps", 1), ("harmonic_distribution", 20), ("noise_magnitudes", 17)),
        ),
        processor_group=processors.ProcessorGroup(dag),
    )
    model({key: x[None, :4] for key, x in features().items()})
    rng = np.random.default_rng(0)
    for weight in model.decoder.trainable_variables:
        weight.assign(ops.convert_to_numpy(weight) + 0.3 * rng.standard_normal(weight.shape))
    bias = np.repeat([3.0, 0.0, 2.5], [1, 20, 17])  # loud enough, the noise too
    model.decoder.dense_out.bias.assign(bias)
    room = rng.standard_normal(9000) * np.exp(-np.arange(9000) / 2000) * 0.02
    dag[3][0].trainable_variables[0].assign(room)
    return model


def features():
    """A glide whose upper harmonics cross Nyquist, and a swelling loudness."""
    time = np.arange(FRAMES) / 250
    f0_hz = 300 * 2 ** (time / 4) + 8 * np.sin(35 * time)
    loudness_db = -35 + 20 * np.sin(2 * time)
    return {"f0_hz": f0_hz.astype("float32"), "loudness_db": loudness_db.astype("float32")}


@pytest.fixture
def whole(model, monkeypatch):
    def noise(shape, *_, **__):
        return ops.convert_to_tensor(shared.white_noise(0, shape[1], SEED)[None])

    monkeypatch.setattr(keras.random, "uniform", noise)
    outputs = model({key: x[None] for key, x in features().items()})
    return ops.convert_to_numpy(outputs["audio_synth"])[0]


def play(model, block_frames, inputs=None):
    blocks = rendering.render(model, inputs or features(), SEED, block_frames)
    return list(blocks)


@pytest.mark.parametrize("block_frames", [1000, 130])
def test_blocks_equal_the_whole(model, whole, block_frames):
    blocks = play(model, block_frames)
    assert len(blocks) == -(-FRAMES // block_frames)
    audio = np.concatenate(blocks)
    assert audio.dtype == np.float32
    assert np.abs(whole).max() > 0.3
    np.testing.assert_allclose(audio, whole, atol=1e-5)


def test_every_part_of_the_sound_is_in_the_whole(model, whole):
    """Or that blocks equal it would say nothing of the parts."""
    outputs = model({key: x[None] for key, x in features().items()})
    for name in ("harmonic", "filtered_noise"):
        assert ops.convert_to_numpy(ops.std(outputs[name]["signal"])) > 0.01
    dry = ops.convert_to_numpy(outputs["add"]["signal"])[0]
    assert np.std(whole - dry) > 0.01


def test_no_click_where_two_blocks_meet(model):
    """Without noise a jump would stand out of the steps from sample to sample around it."""
    silent_noise = model.processor_group.processors[1]
    silent_noise.initial_bias, bias = -100.0, silent_noise.initial_bias
    try:
        audio = np.concatenate(play(model, 130))
    finally:
        silent_noise.initial_bias = bias
    bend = np.abs(np.diff(audio, 2))
    for border in range(130 * HOP, len(audio) - 130, 130 * HOP):
        near = np.r_[bend[border - 300 : border - 4], bend[border + 2 : border + 300]]
        assert bend[border - 3 : border + 2].max() <= 1.2 * near.max()


def test_shorter_than_a_block(model):
    short = {key: x[:37] for key, x in features().items()}
    audio = np.concatenate(play(model, 130, short))
    assert audio.shape == (37 * HOP,)
    start = 34 * HOP  # beyond it, filters and fades look at frames that are not there
    np.testing.assert_allclose(audio[:start], play(model, 130)[0][:start], atol=1e-5)


def test_weights_changed_after_compilation_are_heard(model):
    before = play(model, 130)[0]
    weight = model.decoder.dense_out.kernel
    kept = ops.convert_to_numpy(weight)
    weight.assign(kept * 0.5)
    after = play(model, 130)[0]
    weight.assign(kept)
    assert np.abs(after - before).max() > 1e-2
