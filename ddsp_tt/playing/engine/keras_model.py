"""A Keras model in memory as an `Instrument`; its weights are copied."""

import functools
from typing import Any

import keras
import numpy as np

from audio_tt.errors import UserError
from ddsp_tt import models
from ddsp_tt.models.crepe_encoder import QUIETEST, SOURCE
from ddsp_tt.models.gru import Gru
from ddsp_tt.playing.engine.instrument import Instrument
from ddsp_tt.playing.engine.network import DecoderWeights, EncoderWeights, Stack
from ddsp_tt.playing.engine.synthesis import Harmonic, Node, Noise, Room, Stateless, same
from ddsp_tt.synthesis import core, effects, processors, shared, synths

_LIMIT, _STEPS = 40.0, 160_001


def describe(trained: Any) -> Instrument:
    """The instrument that plays what a `loading.TrainedModel` plays.

    Raises:
      UserError: the model has a part that only Keras plays.
    """
    model = trained.model
    if getattr(model, "decoder", None) is None:
        raise UserError(f"a {type(model).__name__} cannot be played live; a DDSP decoder can")
    return Instrument(
        trained.name,
        model.rates,
        trained.convention,
        trained.statistics,
        _decoder(model.decoder),
        tuple(
            Node(processor.name, _processor(processor), tuple(keys))
            for processor, keys in model.processor_group.nodes()
        ),
        trained.analysis["power_window_length"],
        None if model.encoder is None else _encoder(model.encoder),
    )


def _array(variable):
    return np.array(keras.ops.convert_to_numpy(variable))


def _stack(layer):
    layers = getattr(layer, "layers", [])  # a stack of none is an Identity
    steps = zip(layers[::3], layers[1::3], strict=True)
    return Stack(
        tuple(
            tuple(_array(x) for x in (dense.kernel, dense.bias, norm.gamma, norm.beta))
            for dense, norm in steps
        ),
        layers[1].epsilon if layers else 0.0,
    )


def _decoder(decoder):
    if not isinstance(decoder.rnn, Gru):
        raise UserError(f"a decoder with rnn_type = {decoder.rnn_type!r} cannot be played live")
    return DecoderWeights(
        decoder.input_keys,
        decoder.output_splits,
        tuple(_stack(stack) for stack in decoder.input_stacks),
        *(_array(x) for x in (decoder.rnn.kernel, decoder.rnn.recurrent_kernel, decoder.rnn.bias)),
        _stack(decoder.out_stack),
        (_array(decoder.dense_out.kernel), _array(decoder.dense_out.bias)),
    )


def _encoder(encoder):
    if not isinstance(encoder, models.CrepeEncoder):
        raise UserError("of models with an encoder, only that of CREPE can be played live")
    layers = encoder.trunk.layers
    convolutions = [x for x in layers if isinstance(x, keras.layers.Conv1D)]
    norms = [x for x in layers if isinstance(x, keras.layers.BatchNormalization)]
    mean, deviation = np.float32(0.0), np.float32(1.0)
    if encoder.z_norm is not None:
        mean = _array(encoder.z_norm.mean)[SOURCE]
        deviation = np.sqrt(_array(encoder.z_norm.variance)[SOURCE] + 1e-5)
    return EncoderWeights(
        encoder.hop_length,
        encoder.windowed,
        QUIETEST if encoder.normalize_frames else None,
        tuple(_convolution(*pair) for pair in zip(convolutions, norms, strict=True)),
        (_array(encoder.dense_out.kernel), _array(encoder.dense_out.bias)),
        mean,
        deviation,
    )


def _convolution(layer, norm):
    scale = _array(norm.gamma) / np.sqrt(_array(norm.moving_variance) + norm.epsilon)
    shift = _array(norm.beta) - _array(norm.moving_mean) * scale
    return _array(layer.kernel), _array(layer.bias), layer.strides[0], scale, shift


def _scale(function):
    """A function of raw outputs in numpy; one that is not known is called once, for a table."""
    if function is None:
        return same
    if function is core.exp_sigmoid:
        return shared.exp_sigmoid
    if isinstance(function, functools.partial) and function.func is core.exp_sigmoid:
        return functools.partial(shared.exp_sigmoid, **function.keywords)
    x = np.linspace(-_LIMIT, _LIMIT, _STEPS)
    y = keras.ops.convert_to_numpy(function(x.astype("float32")[:, None]))[:, 0]
    return functools.partial(np.interp, xp=x, fp=y)


def _harmonic(layer):
    return Harmonic(
        layer.sample_rate,
        _scale(layer.scale_fn),
        layer.normalize_below_nyquist,
        layer.amp_resample_method,
    )


def _noise(layer):
    bias = layer.initial_bias if layer.scale_fn is not None else 0.0
    return Noise(_scale(layer.scale_fn), bias, layer.window_size, layer.delay_compensation)


def _room(layer):
    controls = layer.get_controls(np.zeros((1, 64), "float32"))
    return Room(_array(effects.mask_dry(controls["ir"]))[0], layer.add_dry)


def _crop(layer):
    if layer.crop_location != "back":
        raise UserError("Crop: only crop_location = 'back' can be played live")
    return Stateless(same)  # of audio that has no end, nothing is left out there


_NUMPY = {
    synths.Harmonic: _harmonic,
    synths.FilteredNoise: _noise,
    processors.Add: lambda layer: Stateless(np.add),
    processors.Crop: _crop,
    processors.LogFrequency: lambda layer: Stateless(_scale(layer)),
    effects.Reverb: _room,
    effects.ExpDecayReverb: _room,
    effects.FilteredNoiseReverb: _room,
}


def _processor(layer):
    for kind in type(layer).__mro__:  # an old name of Magenta's is a subclass
        if kind in _NUMPY:
            return _NUMPY[kind](layer)
    raise UserError(f"{layer.name}: this processor cannot be played live")
