"""What every layer and model of the project can do: be written by Keras and made again, and run in
mixed precision, on either backend."""

import functools
import importlib
import re
import sys

import house
import keras
import numpy as np
import pytest
from keras import layers, ops

from audio_tt.models.compilation import compiled
from audio_tt.pitch import crepe
from autoencoder_tt.frames import models as frame_models
from autoencoder_tt.published.models import convolutional_autoencoder
from ddsp_tt import losses
from ddsp_tt.features import spectral_ops
from ddsp_tt.magenta import legacy_names
from ddsp_tt.models import (
    Autoencoder,
    CrepeEncoder,
    F0LoudnessPreprocessor,
    InverseSynthesis,
    MfccTimeDistributedRnnEncoder,
    OnlineF0PowerPreprocessor,
    ResnetSinusoidalEncoder,
    RnnFcDecoder,
    RnnSandwich,
    SinusoidalToHarmonicEncoder,
    WaveRnn,
    crepe_encoder,
    encoders,
    resnet,
    tracing,
)
from ddsp_tt.models.gru import Gru
from ddsp_tt.synthesis import core, effects, processors, synths
from ddsp_tt.synthesis.saving import Saved
from pix2pix_tt import models as pix2pix
from pix2pix_tt.fast.convolutions import Doubling, Halving
from style_tt.models import networks

ABSTRACT = {processors.Processor, effects.Room, synths._Oscillators}
IS_JAX = keras.backend.backend() == "jax"
FRAMES, HOP = 8, 64
SPLITS = (("amps", 1), ("harmonic_distribution", 4), ("noise_magnitudes", 5))
SINUSOIDS = (("frequencies", 8), ("amplitudes", 2), ("noise_magnitudes", 5))


def noise(*shape):
    """Values in -0.5..0.5 for one example."""
    return np.random.default_rng(len(shape)).uniform(-0.5, 0.5, (1, *shape)).astype("float32")


AUDIO = noise(FRAMES * HOP)
F0_HZ = np.linspace(200, 400, FRAMES, dtype="float32")[None, :, None]
MEASURED = {"f0_hz": F0_HZ[..., 0], "loudness_db": np.full((1, FRAMES), -30.0, "float32")}


def preprocessor():
    return F0LoudnessPreprocessor(None, compute_loudness=False)


def autoencoder(encoder=None, keys=("ld_scaled", "f0_scaled")):
    scale = functools.partial(core.exp_sigmoid, max_value=3.0)
    dag = [
        (synths.Harmonic(None, scale_fn=scale), ["amps", "harmonic_distribution", "f0_hz"]),
        (synths.FilteredNoise(None, 0, initial_bias=-100.0), ["noise_magnitudes"]),
        (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
        (effects.Reverb(trainable=True, reverb_length=100), ["add/signal"]),
    ]
    decoder = RnnFcDecoder(3, ch=2, layers_per_stack=1, input_keys=keys, output_splits=SPLITS)
    group = processors.ProcessorGroup(dag)
    spectral = [losses.SpectralLoss((256, 64), logmag_weight=0.5)]
    return Autoencoder(preprocessor(), encoder, decoder, group, spectral)


def sinusoidal_encoder():
    logmel = functools.partial(spectral_ops.compute_logmel, bins=32)
    return ResnetSinusoidalEncoder(SINUSOIDS, logmel)


class Levels(Saved, layers.Layer):
    """In place of a `ResnetSinusoidalEncoder`: from the level of each frame to all outputs."""

    def __init__(self, name="levels"):
        super().__init__(name=name)
        self.outs = {key: layers.Dense(size, name=key) for key, size in SINUSOIDS}

    def call(self, features):
        frames = ops.reshape(features["audio"], (-1, 2, 512))
        return {key: dense(frames) for key, dense in self.outs.items()}


def inverse_synthesis():
    return InverseSynthesis(
        Levels(),
        SinusoidalToHarmonicEncoder(layers.Dense(3), n_harmonics=4, f0_depth=4),
        [losses.SpectralLoss((256,))],
        freq_scale_fn=functools.partial(core.frequencies_softmax, depth=4),
        n_samples=1024,
    )


def chain():
    dag = [(processors.Add("one"), ["a", "b"]), (processors.Add("two"), ["one/signal", "a"])]
    return processors.ProcessorGroup(dag)


# Each is made anew for every check; what it is called with.
LAYERS = {
    Gru: (lambda: Gru(3), noise(4, 2)),
    crepe_encoder.DomainNorm: (crepe_encoder.DomainNorm, noise(4, 2)),
    CrepeEncoder: (lambda: CrepeEncoder((2, 2), z_dims=2, normalize_z=True), {"audio": AUDIO}),
    encoders.InstanceNorm: (encoders.InstanceNorm, noise(4, 2)),
    MfccTimeDistributedRnnEncoder: (
        lambda: MfccTimeDistributedRnnEncoder(3, z_dims=2, z_time_steps=1000),
        {"audio": AUDIO, "f0_scaled": F0_HZ / 1000},
    ),
    ResnetSinusoidalEncoder: (sinusoidal_encoder, {"audio": AUDIO}),
    RnnSandwich: (lambda: RnnSandwich(2, 1, 3), noise(4, 2)),
    SinusoidalToHarmonicEncoder: (
        lambda: SinusoidalToHarmonicEncoder(layers.Dense(3), n_harmonics=4, f0_depth=4),
        (1000 + 1000 * noise(4, 2), 0.5 + noise(4, 2)),
    ),
    F0LoudnessPreprocessor: (preprocessor, MEASURED),
    legacy_names.DefaultPreprocessor: (
        lambda: legacy_names.DefaultPreprocessor(None, compute_loudness=False),
        MEASURED,
    ),
    OnlineF0PowerPreprocessor: (
        lambda: OnlineF0PowerPreprocessor(compute_f0=False),
        {"f0_hz": F0_HZ, "audio": AUDIO},
    ),
    resnet.Normalize: (resnet.Normalize, noise(2, 3, 4)),
    resnet.ResidualBlock: (
        lambda: resnet.ResidualBlock(2, 2, True, "instance"),
        noise(2, 4, 4),
    ),
    resnet.ResNet: (lambda: resnet.ResNet("small"), noise(2, 32)),
    RnnFcDecoder: (
        lambda: RnnFcDecoder(3, ch=2, layers_per_stack=1, input_keys=["z"], output_splits=SPLITS),
        {"z": noise(FRAMES, 2)},
    ),
    processors.Add: (processors.Add, (noise(9), noise(9))),
    processors.Crop: (lambda: processors.Crop(4, "center"), (noise(9),)),
    processors.Mix: (processors.Mix, (noise(8), noise(8) + 1, noise(4, 1))),
    processors.LogFrequency: (lambda: processors.LogFrequency(50.0), (noise(4, 1),)),
    processors.ProcessorGroup: (chain, {"a": noise(9), "b": noise(9)}),
    effects.Reverb: (lambda: effects.Reverb(True, 30), (AUDIO,)),
    legacy_names.TrainableReverb: (lambda: legacy_names.TrainableReverb(30), (AUDIO,)),
    effects.ExpDecayReverb: (lambda: effects.ExpDecayReverb(True, 30), (AUDIO,)),
    effects.FilteredNoiseReverb: (
        lambda: effects.FilteredNoiseReverb(True, 32, 9, 4, 5),
        (AUDIO,),
    ),
    effects.FIRFilter: (lambda: effects.FIRFilter(9), (AUDIO, noise(FRAMES, 5))),
    synths.Harmonic: (
        lambda: synths.Harmonic(None, frame_rate=500),
        (noise(FRAMES, 1), noise(FRAMES, 4), F0_HZ),
    ),
    legacy_names.Additive: (
        lambda: legacy_names.Additive(n_samples=None, frame_rate=500),
        (noise(FRAMES, 1), noise(FRAMES, 4), F0_HZ),
    ),
    synths.Sinusoidal: (
        lambda: synths.Sinusoidal(None, freq_scale_fn=core.frequencies_sigmoid),
        (noise(FRAMES, 2), noise(FRAMES, 2)),
    ),
    synths.FilteredNoise: (lambda: synths.FilteredNoise(None, 9, None), (1 + noise(FRAMES, 5),)),
    frame_models.PowerSum: (lambda: frame_models.PowerSum(80.0), [noise(4, 2), noise(4, 2)]),
    Halving: (lambda: Halving(2, 4, 2, "same"), noise(4, 6, 3)),
    Doubling: (lambda: Doubling(2, 4, 2, "same"), noise(4, 6, 3)),
}
WITH_AUDIO = {**MEASURED, "audio": AUDIO}
MODELS = {
    Autoencoder: (autoencoder, WITH_AUDIO),
    WaveRnn: (lambda: WaveRnn(preprocessor(), 3, 2), WITH_AUDIO),
    InverseSynthesis: (inverse_synthesis, {"audio": noise(1024)}),
    "Autoencoder, latent of CREPE": (
        lambda: autoencoder(CrepeEncoder((2, 2), z_dims=2), ("ld_scaled", "z")),
        WITH_AUDIO,
    ),
    "Autoencoder, latent of MFCCs": (
        lambda: autoencoder(
            MfccTimeDistributedRnnEncoder(3, z_dims=2, z_time_steps=1000), ("f0_scaled", "z")
        ),
        WITH_AUDIO,
    ),
    "frame_autoencoder": (
        lambda: frame_models.frame_autoencoder(9, 4, 80.0, channels=(3, 2), latent_size=2, width=3),
        noise(9, 14),
    ),
    "convolutional_autoencoder": (
        lambda: convolutional_autoencoder((8, 8, 2), (2, 2), (3, 3), (2, 2), 3),
        noise(8, 8, 2),
    ),
    "unet_generator": (
        lambda: pix2pix.unet_generator(
            down_filters=(2, 3), up_filters=(2,), dropout_blocks=1, initial_deviation=0.2
        ),
        noise(8, 8, 1),
    ),
    "patch_discriminator": (
        lambda: pix2pix.patch_discriminator((2, 3)),
        [noise(16, 16, 1), noise(16, 16, 1)],
    ),
    "random_network": (lambda: networks.random_network(9, (3,)), noise(20, 9)),
    "trunk of CREPE": (
        lambda: keras.Sequential([keras.Input((1024,)), *crepe.trunk((2, 2), 0.25)]),
        noise(1024),
    ),
}
SAMPLES = {**LAYERS, **MODELS}


def own_classes():
    """Every layer and model that a module of the project defines."""
    for name in filter(house.is_library, house.modules()):
        if "keras" in house.top_level_imports(name):
            importlib.import_module(name)
    found, waiting = set(), [keras.Layer]
    while waiting:
        cls = waiting.pop()
        waiting += cls.__subclasses__()
        is_own = cls.__module__.split(".")[0] in house.PACKAGES
        # Gin makes a subclass of the same name for itself.
        if is_own and getattr(sys.modules[cls.__module__], cls.__name__) is cls:
            found.add(cls)
    return found


def title(sample):
    return getattr(sample, "__name__", sample)


@pytest.fixture(autouse=True)
def small_resnet(monkeypatch):
    """Of one block."""
    monkeypatch.setitem(resnet.SIZES, "small", (1, (1, 0, 0, 0)))


def model_of(sample):
    """A model that is, or wraps, the sample, and its inputs."""
    make, inputs = SAMPLES[sample]
    made = make()
    if sample in LAYERS:
        symbols = (
            {key: keras.Input(batch_shape=x.shape, name=key) for key, x in inputs.items()}
            if isinstance(inputs, dict)
            else keras.tree.map_structure(lambda x: keras.Input(batch_shape=x.shape), inputs)
        )
        arguments = symbols if isinstance(symbols, tuple) else (symbols,)
        return keras.Model(symbols, made(*arguments)), inputs
    return (made if made.built else tracing.build(made)), inputs


def kind(layer):
    """Class and name of a layer, without the number that tells it from earlier ones."""
    return type(layer), re.sub(r"_\d+$", "", layer.name)


def outputs(model, inputs):
    # Of single operations, TensorFlow is the quicker to call and JAX to compile.
    run = compiled(model, model.variables) if IS_JAX else model
    made = run(keras.tree.map_structure(ops.convert_to_tensor, inputs))
    return keras.tree.map_structure(ops.convert_to_numpy, made)


def test_every_class_is_checked():
    assert own_classes() - ABSTRACT == {sample for sample in SAMPLES if isinstance(sample, type)}


@pytest.mark.parametrize("layer", [cls for cls in SAMPLES if isinstance(cls, type)], ids=title)
def test_it_is_made_again_from_its_config(layer):
    made = SAMPLES[layer][0]()
    again = type(made).from_config(made.get_config())
    assert type(again) is layer and again.get_config() == made.get_config()


@pytest.mark.parametrize("sample", SAMPLES, ids=title)
def test_keras_saves_it_and_loads_it(sample, tmp_path):
    model, inputs = model_of(sample)
    for weight in model.trainable_variables:
        value = ops.convert_to_numpy(weight)
        weight.assign(value + 0.1 * np.cos(np.arange(value.size)).reshape(value.shape))
    model.save(tmp_path / "model.keras")
    before = outputs(model, inputs)
    assert max(np.ptp(x) for x in keras.tree.flatten(before)) > 1e-3
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert list(map(kind, loaded.layers)) == list(map(kind, model.layers))
    keras.tree.map_structure(
        functools.partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5),
        outputs(loaded, inputs),
        before,
    )
    assert [loss.get_config() for loss in getattr(loaded, "loss_objs", [])] == [
        loss.get_config() for loss in getattr(model, "loss_objs", [])
    ]


@pytest.mark.parametrize("sample", SAMPLES, ids=title)
def test_it_runs_in_mixed_precision(sample):
    keras.config.set_dtype_policy("mixed_bfloat16")
    model, inputs = model_of(sample)
    assert all(weight.dtype == "float32" for weight in model.trainable_variables)
    if IS_JAX:  # has traced it, and would take long to compile it
        return
    for values in keras.tree.flatten(outputs(model, inputs)):
        assert np.isfinite(np.asarray(values, "float32")).all()
