"""A model folder as what plays it: in numpy where that can be, otherwise with Keras."""

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt import gin_values
from audio_tt.errors import UserError
from audio_tt.gin_values import NotPlain, Reference
from audio_tt.models import weights
from audio_tt.playing.origin import Origin
from ddsp_tt.features import loudness_scales, statistics
from ddsp_tt.features.rates import Rates
from ddsp_tt.playing.engine.instrument import Instrument
from ddsp_tt.playing.engine.network import DecoderWeights, Stack
from ddsp_tt.playing.engine.synthesis import Harmonic, Node, Noise, Stateless, same
from ddsp_tt.synthesis import shared
from ddsp_tt.trained import files


def load(model: str | Path, gin_files: Sequence[str] = (), gin_params: Sequence[str] = ()) -> Any:
    """Loads a model to play it.

    Args:
      model: see `files.find`.
      gin_files: settings that change the model's own; Keras then plays it.
      gin_params: single settings, likewise.

    Returns:
      An `Instrument`, or a `trained.loading.TrainedModel` where only Keras plays it.

    Raises:
      UserError: the model cannot be read.
    """
    instrument = None if gin_files or gin_params else read(model)
    if instrument is None:
        from ddsp_tt.trained import loading

        instrument = loading.load(model, gin_files, gin_params)
    return instrument


def read(model: str | Path) -> Instrument | None:
    """Reads a model as training writes it, without Keras.

    Args:
      model: see `files.find`.

    Returns:
      The instrument; None where the model has a part that is not known here, or where anything
      about its files is not as it should be: `trained.loading` plays the former, and says of the
      latter what is wrong.

    Raises:
      UserError: there is no such model.
    """
    found = files.find(model)
    if not (found.gin.is_file() and found.weights.is_file()):
        return None
    try:
        settings = _Settings(gin_values.read(found.gin))
        tensors = weights.read_tensors(found.weights)
        table = statistics.load_json(found.statistics) if found.statistics.is_file() else None
        instrument = _instrument(found.folder.name, settings, tensors, table)
        origin = Origin(found.sources(), found.gin.read_text("utf-8"))
        return dataclasses.replace(instrument, origin=origin)
    except (NotPlain, KeyError, ValueError, TypeError, SyntaxError, UserError):
        return None


class _Settings:
    """Settings of a run; those that are not there have the value that the class gives."""

    def __init__(self, values):
        if any("/" in name for name in values):
            raise NotPlain("scopes")
        self._values = values

    def get(self, name, default):
        return self._values.get(name, default)

    def expect(self, name, wanted, default=None):
        """Raises NotPlain where a setting is not the one that is known here."""
        if self.get(name, default) != wanted:
            raise NotPlain(name)


def _instrument(name, settings, tensors, table):
    settings.expect("get_model.model", Reference("Autoencoder", True))
    settings.expect("Autoencoder.encoder", None)
    settings.expect("Autoencoder.preprocessor", Reference("F0LoudnessPreprocessor", True))
    settings.expect("Autoencoder.decoder", Reference("RnnFcDecoder", True))
    settings.expect("Autoencoder.processor_group", Reference("ProcessorGroup", True))
    rates = Rates(
        settings.get("Harmonic.sample_rate", 16000),
        settings.get("F0LoudnessPreprocessor.frame_rate", 250),
    )
    nodes = tuple(_node(settings, *node, rates) for node in settings.get("ProcessorGroup.dag", ()))
    decoder = _decoder(settings, tensors)
    _check(nodes, decoder)
    convention = settings.get("F0LoudnessPreprocessor.loudness_convention", loudness_scales.DEFAULT)
    loudness_scales.get(convention)
    return Instrument(name, rates, convention, table, decoder, nodes)


def _node(settings, reference, keys, rates):
    make = _PROCESSORS.get(reference.name)
    if make is None or not reference.is_called:
        raise NotPlain(reference.name)
    default = {"FilteredNoise": "filtered_noise"}.get(reference.name, reference.name.lower())
    return Node(settings.get(f"{reference.name}.name", default), make(settings, rates), tuple(keys))


def _harmonic(settings, rates):
    settings.expect("Harmonic.frame_rate", rates.frame_rate, 250)
    return Harmonic(
        rates.sample_rate,
        _scale(settings, "Harmonic.scale_fn"),
        settings.get("Harmonic.normalize_below_nyquist", True),
        settings.get("Harmonic.amp_resample_method", "window"),
    )


def _noise(settings, rates):
    settings.expect("FilteredNoise.samples_per_frame", rates.hop_length, 64)
    scale = _scale(settings, "FilteredNoise.scale_fn")
    return Noise(
        scale,
        settings.get("FilteredNoise.initial_bias", -5.0) if scale is not same else 0.0,
        settings.get("FilteredNoise.window_size", 257),
        settings.get("FilteredNoise.delay_compensation", None),
    )


_PROCESSORS = {
    "Harmonic": _harmonic,
    "FilteredNoise": _noise,
    "Add": lambda settings, rates: Stateless(np.add),
}


def _scale(settings, name):
    function = settings.get(name, Reference("exp_sigmoid", False))
    if function is None:
        return same
    if function != Reference("exp_sigmoid", False):
        raise NotPlain(name)
    names = ("exponent", "max_value", "threshold")
    given = {name: settings.get(f"exp_sigmoid.{name}", None) for name in names}
    chosen = {name: value for name, value in given.items() if value is not None}
    return functools.partial(shared.exp_sigmoid, **chosen)


def _decoder(settings, tensors):
    settings.expect("RnnFcDecoder.rnn_type", "gru", "gru")
    settings.expect("RnnFcDecoder.stateless", False, False)
    name = settings.get("RnnFcDecoder.name", "decoder")
    size = settings.get("RnnFcDecoder.layers_per_stack", 3)
    input_keys = tuple(settings.get("RnnFcDecoder.input_keys", ()))
    splits = settings.get("RnnFcDecoder.output_splits", ())

    def tensor(*path):
        array = tensors[f"{name}/{name}/" + "/".join(path) + ":0"].astype("float32")
        if not np.isfinite(array).all():
            raise ValueError(path)
        return array

    def stack(part):
        layers = [(f"{part}_dense_{i}", f"{part}_norm_{i}") for i in range(size)] if size else []
        return Stack(
            tuple(
                (
                    tensor(part, dense, "kernel"),
                    tensor(part, dense, "bias"),
                    tensor(part, norm, "gamma"),
                    tensor(part, norm, "beta"),
                )
                for dense, norm in layers
            )
        )

    return DecoderWeights(
        input_keys,
        tuple((key, int(channels)) for key, channels in splits),
        tuple(stack(f"{key}_stack") for key in input_keys),
        tensor("rnn", "kernel"),
        tensor("rnn", "recurrent_kernel"),
        tensor("rnn", "bias"),
        stack("out_stack"),
        (tensor("dense_out", "kernel"), tensor("dense_out", "bias")),
    )


def _check(nodes, decoder):
    """Raises NotPlain, KeyError or ValueError where the parts do not go together.

    Every tensor is used once, so that one of another shape would not go unseen.
    """
    outputs = dict(decoder.output_splits)
    there = {*outputs, "f0_hz"}
    for node in nodes:
        if not there.issuperset(node.keys):
            raise NotPlain(node.name)
        there.add(f"{node.name}/signal")
    if not {"f0_scaled", "ld_scaled"}.issuperset(decoder.input_keys) or not nodes:
        raise NotPlain("RnnFcDecoder.input_keys")
    if decoder.out[0].shape[-1] != sum(outputs.values()):
        raise ValueError("dense_out")
