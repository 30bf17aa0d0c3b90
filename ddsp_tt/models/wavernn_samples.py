"""Features of any length -> audio by WaveRNN, one sample after the other, in bounded memory."""

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from keras import ops

from audio_tt.models.compilation import compiled_loop
from ddsp_tt.models import mu_law
from ddsp_tt.models.gru import gates

BLOCK_FRAMES = 250


def generate(model: Any, features: Mapping[str, np.ndarray], seed: int = 0) -> Iterator[np.ndarray]:
    """Plays features; the recurrent state and the last sample are carried from block to block.

    Args:
      model: a `WaveRnn`.
      features: dict of float32 `[frames]` with `f0_hz` and `loudness_db`.
      seed: of the draws; the same seed gives the same sound.

    Yields:
      float32 `[samples]`; together `frames * rates.hop_length`.
    """
    hop_length = model.rates.hop_length
    rng = np.random.default_rng(seed)
    kernel, recurrent_kernel, bias, table, *head = [
        ops.convert_to_numpy(weight)
        for layer in (model.rnn, model.embedding, model.hidden, model.logits)
        for weight in layer.weights
    ]
    # A sample's part of the gates is one of 256 rows.
    weights = (table @ kernel, recurrent_kernel, bias[1], *head)
    carried = np.append(np.zeros(model.rnn.units), mu_law.SILENCE).astype("float32")
    total = len(features["f0_hz"])
    for first in range(0, total, BLOCK_FRAMES):
        block = {key: _cut(features[key], first) for key in ("f0_hz", "loudness_db")}
        condition = ops.convert_to_numpy(model.condition(block))[0] @ kernel + bias[0]
        uniform = rng.random((BLOCK_FRAMES * hop_length, 1), "float32")
        inputs = np.concatenate([_between_frames(condition, hop_length), uniform], axis=1)
        steps = ops.convert_to_numpy(_compiled()(inputs, carried, model.temperature, *weights))
        carried = steps[-1]
        samples = min(BLOCK_FRAMES, total - first) * hop_length
        yield mu_law.from_mu_law(steps[:samples, -1])


def _cut(x, first):
    """A block `[1, frames + 1]` with the frame after it, towards which its last one moves."""
    cut = x[first : first + BLOCK_FRAMES + 1].astype("float32")
    return np.pad(cut, (0, BLOCK_FRAMES + 1 - len(cut)), mode="edge")[None]


def _between_frames(condition, hop_length):
    """`[frames + 1, channels]` to `[frames * hop_length, channels]`, linearly."""
    towards = (np.arange(hop_length, dtype="float32") / hop_length)[None, :, None]
    here, ahead = condition[:-1, None], condition[1:, None]
    return (here + towards * (ahead - here)).reshape(-1, condition.shape[-1])


def _draw(inputs, carried, temperature, table, recurrent_kernel, recurrent_bias, *head):
    """Draws samples one after the other.

    What is carried from one to the next is one vector, `[units + 1]`: the recurrent state and the
    class that was drawn. (Keras's scan on TensorFlow wants all that is carried to be of one shape.)

    Args:
      inputs: `[samples, 3 * units + 1]`, the conditioning's part of the gates and a random number
        in 0..1.
      carried: from the sample before.
      temperature: of the draws.
      table: `[256, 3 * units]`, each class's part of the gates.
      recurrent_kernel: of the recurrent layer.
      recurrent_bias: of the recurrent layer.
      *head: kernels and biases of the two dense layers.

    Returns:
      What is carried, of all samples: `[samples, units + 1]`.
    """
    hidden_kernel, hidden_bias, logits_kernel, logits_bias = head

    def step(carried, sample):
        state, last = carried[None, :-1], ops.cast(carried[-1], "int32")
        projected = (sample[:-1] + ops.take(table, last, axis=0))[None]
        update, _, candidate, _ = gates(projected, state, recurrent_kernel, recurrent_bias)
        state = candidate + update * (state - candidate)
        hidden = ops.relu(ops.matmul(state, hidden_kernel) + hidden_bias)
        logits = (ops.matmul(hidden, logits_kernel) + logits_bias)[0] / temperature
        edges = ops.cumsum(ops.exp(logits - ops.max(logits)))
        drawn = ops.sum(ops.cast(edges[:-1] <= sample[-1] * edges[-1], "float32"))
        carried = ops.concatenate([state[0], drawn[None]])
        return carried, carried

    return ops.scan(step, carried, inputs)[1]


@functools.cache
def _compiled():
    return compiled_loop(_draw)
