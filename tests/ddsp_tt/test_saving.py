"""Keras writes the models to its own files and makes them again from those alone."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from audio_tt import settings
from ddsp_tt import losses, models
from ddsp_tt.synthesis import core, effects, processors, synths
from ddsp_tt.trained import loading

FRAMES = 8
SPLITS = (("amps", 1), ("harmonic_distribution", 4), ("noise_magnitudes", 5))


def autoencoder(encoder=None, keys=("ld_scaled", "f0_scaled")):
    scale = functools.partial(core.exp_sigmoid, max_value=3.0)
    dag = [
        (synths.Harmonic(None, scale_fn=scale), ["amps", "harmonic_distribution", "f0_hz"]),
        (synths.FilteredNoise(None, 0, initial_bias=-100.0), ["noise_magnitudes"]),
        (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
        (effects.Reverb(trainable=True, reverb_length=100), ["add/signal"]),
    ]
    return models.Autoencoder(
        models.F0LoudnessPreprocessor(time_steps=None, compute_loudness=False),
        encoder,
        models.RnnFcDecoder(6, ch=5, layers_per_stack=1, input_keys=keys, output_splits=SPLITS),
        processors.ProcessorGroup(dag),
        [losses.SpectralLoss((256, 64), logmag_weight=0.5)],
    )


def wavernn():
    return models.WaveRnn(models.F0LoudnessPreprocessor(None, compute_loudness=False), 6, 5)


MODELS = {
    "plain": autoencoder,
    "crepe": lambda: autoencoder(
        models.CrepeEncoder((2, 2), z_dims=3, normalize_z=True), ("ld_scaled", "z")
    ),
    "mfcc": lambda: autoencoder(
        models.MfccTimeDistributedRnnEncoder(4, z_dims=3, z_time_steps=1000), ("f0_scaled", "z")
    ),
    "wavernn": wavernn,
}


def outputs(model):
    rng = np.random.default_rng(0)
    audio = rng.uniform(-0.5, 0.5, (1, FRAMES * 64)).astype("float32")
    batch = {
        "audio": audio,
        "audio_16k": audio,
        "f0_hz": np.linspace(200, 400, FRAMES, dtype="float32")[None],
        "loudness_db": np.full((1, FRAMES), -30.0, "float32"),
    }
    played = model(batch)
    key = "logits" if "logits" in played else "audio_synth"
    return ops.convert_to_numpy(played[key])


@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_keras_saved_plays_as_before(name, tmp_path):
    keras.utils.set_random_seed(0)
    model = loading.build(MODELS[name]())
    for weight in model.weights:
        if weight.trainable:
            value = ops.convert_to_numpy(weight)
            weight.assign(value + 0.1 * np.cos(np.arange(value.size)).reshape(value.shape))
    before = outputs(model)
    assert np.abs(before).max() > 1e-3
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    np.testing.assert_allclose(outputs(loaded), before, atol=1e-6)
    assert [loss.get_config() for loss in getattr(loaded, "loss_objs", [])] == [
        loss.get_config() for loss in getattr(model, "loss_objs", [])
    ]


def test_what_gin_set_is_in_the_config():
    settings.parse_gin(
        ("ddsp/small.gin",), ["exp_sigmoid.max_value = 5.0", "Harmonic.sample_rate = 16000"]
    )
    model = models.get_model()
    again = models.Autoencoder.from_config(model.get_config())
    harmonic = again.processor_group.processors[0]
    assert float(ops.convert_to_numpy(harmonic.scale_fn(100.0))) == pytest.approx(5.0)
    assert harmonic.get_config() == model.processor_group.processors[0].get_config()
    assert again.decoder.output_splits == model.decoder.output_splits
