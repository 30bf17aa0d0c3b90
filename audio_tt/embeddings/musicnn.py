"""musicnn's embedding of music, for a Frechet audio distance.

Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", late
breaking session of ISMIR 2019, https://github.com/jordipons/musicnn. The network is the one that
learned the tags of MagnaTagATune (`MTT_musicnn`), among them flute, violin, cello, harpsichord and
singing. The embedding is its last hidden layer, which the package calls "penultimate".

Its weights come with the package `musicnn`, which asks for a TensorFlow and a numpy of 2019. None
of its code is needed: `pip install --no-deps musicnn`.
"""

import functools
import importlib.util
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError

NAME = "musicnn"
SAMPLE_RATE = 16000
DIMENSIONS = 200
TAGS = 50
_HOP_LENGTH, _FRAME_LENGTH, _MELS = 256, 512, 96
_WINDOW, _WINDOW_HOP = 62, 16  # frames: a second, and a quarter of one
_BATCH = 16
_EPSILON = 1e-3  # batch normalisation's
_MODEL = "MTT_musicnn"
_INSTALL = "pip install --no-deps musicnn"
_FRONT = (204, 204, 51, 51, 51)  # filters of the front end's five branches
_MIDDLE = 64
_POOLED = 2 * (sum(_FRONT) + 3 * _MIDDLE)
_KERNELS = {
    "conv2d": (7, 38, 1, 204),
    "conv2d_1": (7, 67, 1, 204),
    "conv2d_2": (128, 1, 1, 51),
    "conv2d_3": (64, 1, 1, 51),
    "conv2d_4": (32, 1, 1, 51),
    "conv2d_5": (7, sum(_FRONT), 1, _MIDDLE),
    "conv2d_6": (7, _MIDDLE, 1, _MIDDLE),
    "conv2d_7": (7, _MIDDLE, 1, _MIDDLE),
    "dense": (_POOLED, DIMENSIONS),
    "dense_1": (DIMENSIONS, TAGS),
}
_NORMALISED = (1, *_FRONT, *[_MIDDLE] * 3, _POOLED, DIMENSIONS)


def embed(audio: np.ndarray) -> np.ndarray:
    """Returns musicnn's embedding of each second of a recording.

    The network is given windows of one second, a quarter of a second apart, rather than the three
    seconds that it learned from, so that short recordings have statistics too.

    Args:
      audio: `[samples]` at 16 kHz; what is shorter than a second has zeros appended.

    Returns:
      float32 `[windows, 200]`.

    Raises:
      UserError: the weights, or TensorFlow to read them with, are not installed.
    """
    weights = load()
    log_mel = spectrogram(audio)
    log_mel = np.pad(log_mel, ((0, max(0, _WINDOW - len(log_mel))), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(log_mel, _WINDOW, axis=0)[::_WINDOW_HOP]
    windows = windows.transpose(0, 2, 1)
    batches = [windows[i : i + _BATCH] for i in range(0, len(windows), _BATCH)]
    return np.concatenate([forward(weights, batch)[0] for batch in batches])


def spectrogram(audio: np.ndarray) -> np.ndarray:
    """Returns what the network reads of audio `[samples]` at 16 kHz.

    Returns:
      float32 `[frames, 96]`: log10 of 1 + 10000 times the power in 96 mel bands, in frames of 512
      samples every 256.
    """
    from audio_tt.dsp.locked_librosa import librosa

    power = librosa.feature.melspectrogram(
        y=np.asarray(audio, np.float32),
        sr=SAMPLE_RATE,
        n_fft=_FRAME_LENGTH,
        hop_length=_HOP_LENGTH,
        n_mels=_MELS,
    )
    return np.log10(1.0 + 10000.0 * power.T).astype(np.float32)


def forward(weights: dict[str, np.ndarray], log_mel: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs the network.

    Args:
      weights: As `load` returns them.
      log_mel: `[batch, frames, 96]`, see `spectrogram`; any number of frames.

    Returns:
      The embedding `[batch, 200]` and the scores of 50 tags `[batch, 50]`, 0 to 1; both float32.
    """
    from keras import ops

    normalised = _normalised(weights, 0, np.asarray(log_mel, np.float32)[..., None])
    padded = ops.pad(normalised, ((0, 0), (3, 3), (0, 0), (0, 0)))
    front = [
        ops.max(_normalised(weights, i + 1, _convolved(weights, i, x, padding)), axis=2)
        for i, (x, padding) in enumerate([(padded, "valid")] * 2 + [(normalised, "same")] * 3)
    ]
    layers = [ops.concatenate(front, axis=2)]
    for i in (5, 6, 7):
        padded = ops.pad(layers[-1], ((0, 0), (3, 3), (0, 0)))[..., None]
        x = _normalised(weights, i + 1, _convolved(weights, i, padded, "valid"))[:, :, 0]
        layers.append(x + layers[-1] if i > 5 else x)
    features = ops.concatenate(layers, axis=2)
    pooled = ops.stack([ops.max(features, axis=1), ops.mean(features, axis=1)], axis=-1)
    pooled = _normalised(weights, 9, ops.reshape(pooled, (-1, _POOLED)))
    hidden = ops.relu(ops.matmul(pooled, weights["dense/kernel"]) + weights["dense/bias"])
    embedding = _normalised(weights, 10, hidden)
    logits = ops.matmul(embedding, weights["dense_1/kernel"]) + weights["dense_1/bias"]
    return tuple(ops.convert_to_numpy(x) for x in (embedding, ops.sigmoid(logits)))


def shapes() -> dict[str, tuple[int, ...]]:
    """Returns the shapes of the network's tensors by their names in the checkpoint."""
    result = {}
    for name, shape in _KERNELS.items():
        result |= {f"{name}/kernel": shape, f"{name}/bias": shape[-1:]}
    for i, size in enumerate(_NORMALISED):
        for part in ("gamma", "beta", "moving_mean", "moving_variance"):
            result[f"{_layer('batch_normalization', i)}/{part}"] = (size,)
    return result


@functools.cache
def load() -> dict[str, np.ndarray]:
    """Reads the weights of the installed package `musicnn`, without running any of it.

    Returns:
      Arrays by name, as `shapes` lists them.

    Raises:
      UserError: the package or TensorFlow is not installed, or the checkpoint does not fit.
    """
    spec = importlib.util.find_spec("musicnn")
    if spec is None or spec.origin is None:
        raise UserError(f"musicnn's weights are not installed: {_INSTALL}")
    folder = Path(spec.origin).parent / _MODEL
    try:
        import tensorflow as tf
    except ImportError as error:
        raise UserError("musicnn's weights are read with tensorflow: pip install it") from error
    try:
        # The prefix ends in a slash; the file `checkpoint` beside it names a folder of its authors.
        reader = tf.compat.v1.train.NewCheckpointReader(f"{folder}/")
        tensors = {name: reader.get_tensor(name) for name in shapes()}
    except (tf.errors.OpError, ValueError, RuntimeError) as error:
        raise UserError(f"{folder}: not musicnn's weights; reinstall: {_INSTALL}") from error
    for name, shape in shapes().items():
        if tensors[name].shape != shape:
            raise UserError(
                f"{folder} does not fit: {name} is {tensors[name].shape}, not {shape}; reinstall: "
                f"{_INSTALL}"
            )
    return tensors


def _layer(name, i):
    return f"{name}_{i}" if i else name


def _convolved(weights, i, x, padding):
    from keras import ops

    name = _layer("conv2d", i)
    x = ops.conv(x, weights[f"{name}/kernel"], padding=padding, data_format="channels_last")
    return ops.relu(x + weights[f"{name}/bias"])


def _normalised(weights, i, x):
    name = _layer("batch_normalization", i)
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    scale = gamma / np.sqrt(variance + _EPSILON)
    return x * scale + (beta - mean * scale)
