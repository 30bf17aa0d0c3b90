"""Recordings of any length through a model that reads a window at a time.

Its normalisation spans the whole window, so what it says of a moment depends on which window that
lies in. Windows overlap by half and their controls cross-fade; the sound is made of the controls,
with one running phase, so that nothing cancels where two windows meet.
"""

import dataclasses
import functools
from collections.abc import Iterator

import keras
import numpy as np

from audio_tt.models.compilation import compiled


@dataclasses.dataclass(frozen=True)
class Analysis:
    """What a model makes of a recording, as `rendering` plays it.

    Attributes:
      controls: blocks of the processor group's inputs, `[1, block_frames, channels]` each.
      hop_length: samples a frame.
      block_frames: frames a block.
    """

    controls: Iterator
    hop_length: int
    block_frames: int


def analyse(model: keras.Model, audio: np.ndarray) -> Analysis:
    """Controls of a recording, window after window, in memory that does not grow with it.

    Args:
      model: an `InverseSynthesis`.
      audio: float32 `[samples]`, at least one.
    """
    size = model.n_samples
    first = _analyse(model, _cut(audio, 0, size))
    n_frames = first["amplitudes"].shape[1]
    hop_length = size // n_frames
    step = max(n_frames // 2, 1)
    return Analysis(_blocks(model, audio, first, step, hop_length), hop_length, step)


def _blocks(model, audio, current, step, hop_length):
    step_samples, size = step * hop_length, model.n_samples
    rising = _rising(current["amplitudes"].shape[1] - step)
    for start in range(0, len(audio), step_samples):
        yield {key: x[:, :step] for key, x in current.items()}
        following = None
        if start + size < len(audio):
            following = _analyse(model, _cut(audio, start + step_samples, size))
        current = {
            key: _faded_over(x[:, step:], following and following[key], rising)
            for key, x in current.items()
        }


def _rising(n_frames):
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(n_frames) + 0.5) / n_frames))[None, :, None]


def _faded_over(rest, following, rising):
    """The rest of a window going over into the next one, or held where there is none."""
    if following is None:
        return np.pad(rest, ((0, 0), (0, rising.shape[1]), (0, 0)), mode="edge")
    overlap = rest + rising * (following[:, : rest.shape[1]] - rest)
    return np.concatenate([overlap, following[:, rest.shape[1] :]], axis=1).astype("float32")


def _cut(audio, start, size):
    """A window `[1, size]`; past the end the recording is read backwards, not silence."""
    window = np.asarray(audio[start : start + size], "float32")
    return np.pad(window, (0, size - len(window)), mode="symmetric")[None]


def _analyse(model, window):
    controls = _compiled(model)({"audio": window})
    return {key: keras.ops.convert_to_numpy(x) for key, x in controls.items()}


@functools.lru_cache(maxsize=2)
def _compiled(model):
    return compiled(lambda features: model.played(model.analyse(features)), model.variables)
