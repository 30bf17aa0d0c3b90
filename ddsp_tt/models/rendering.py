"""Features of any length -> audio, block by block in bounded memory.

What one block hands to the next is the recurrent state, the oscillators' phase and the room's tail;
filters that reach across a border see the frames beyond it. The blocks joined are the whole.
"""

import functools
from collections.abc import Iterator, Mapping

import keras
import numpy as np

from audio_tt.models.compilation import compiled
from ddsp_tt.models import windowed_analysis
from ddsp_tt.synthesis.processors import Block, look_up

BLOCK_FRAMES = 1000


def render(
    model: keras.Model,
    features: Mapping[str, np.ndarray],
    seed: int = 0,
    block_frames: int = BLOCK_FRAMES,
) -> Iterator[np.ndarray]:
    """Plays features through an autoencoder.

    Args:
      model: an `Autoencoder`.
      features: dict of float32 `[frames]` with `f0_hz` and `loudness_db` (or what else its
        preprocessor has as `inputs`), at `rates.frame_rate`; for a model with an encoder
        `z` `[frames, channels]` as well, or the audio to measure it from.
      seed: of the noise.
      block_frames: frames synthesised at once.

    Yields:
      float32 `[samples]` at the model's sample rate; together `rates.hop_length` for each frame of
      the decoder.
    """
    hop_length = model.rates.hop_length
    features = model.rates.for_decoder(features)
    total = len(features["f0_hz"])
    if model.encoder is not None and "z" not in features:
        features = {**features, "z": model.encoder.measure(features, total)}
    controls = _decode(model, features, total, block_frames)
    yield from _synthesise(model, controls, hop_length, total, block_frames, seed)


def render_audio(model: keras.Model, audio: np.ndarray, seed: int = 0) -> Iterator[np.ndarray]:
    """Plays a recording again through an `InverseSynthesis`.

    Args:
      model: the model.
      audio: float32 `[samples]`, at least one.
      seed: of the noise.

    Yields:
      float32 `[samples]`; together as many as the audio has.
    """
    analysis = windowed_analysis.analyse(model, audio)
    total, left = -(-len(audio) // analysis.hop_length), len(audio)
    for block in _synthesise(
        model, analysis.controls, analysis.hop_length, total, analysis.block_frames, seed
    ):
        yield block[:left]
        left -= len(block)


def _synthesise(model, controls, hop_length, total, block_frames, seed):
    """Audio of blocks of controls, `[1, block_frames, channels]` each, one for one."""
    ahead = next(controls)
    processors = list(model.processor_group.nodes())
    context = max(
        processor.context_frames(hop_length, *[ahead[key] for key in keys if key in ahead])
        for processor, keys in processors
    )
    before = {key: np.repeat(x[:, :1], context, axis=1) for key, x in ahead.items()}
    states = [None] * len(processors)
    for first in range(0, total, block_frames):
        block = Block(first, block_frames, context, hop_length, total, seed)
        here, ahead = ahead, next(controls, None)
        if ahead is None:
            ahead = {key: np.repeat(x[:, -1:], context, axis=1) for key, x in here.items()}
        outputs = {
            key: np.concatenate([before[key], here[key], ahead[key][:, :context]], axis=1)
            for key in here
        }
        before = {key: x[:, block_frames : block_frames + context] for key, x in outputs.items()}
        for index, (processor, keys) in enumerate(processors):
            inputs = [look_up(outputs, key) for key in keys]
            signal, states[index] = processor.stream(block, states[index], *inputs)
            outputs[processor.name] = {"signal": signal}
        audio = keras.ops.convert_to_numpy(signal)[0]
        yield audio[: (min(first + block_frames, total) - first) * hop_length]


def _decode(model, features, total, block_frames):
    """Yields the raw outputs of blocks, `[1, block_frames, channels]` each; the last is held."""
    decode = functools.partial(_decode_block, model)
    state = None
    for first in range(0, total, block_frames):
        block = {}
        for key in (*model.preprocessor.inputs, *(["z"] if model.encoder is not None else [])):
            x = features[key][first : first + block_frames].astype("float32")
            missing = block_frames - len(x)
            block[key] = np.pad(x.reshape(1, len(x), -1), ((0, 0), (0, missing), (0, 0)), "edge")
        outputs, state = decode(block, state)
        decode = _compiled_decoder(model)
        outputs = {**outputs, "f0_hz": block["f0_hz"]}
        n_frames = min(block_frames, total - first)
        yield {key: _hold(keras.ops.convert_to_numpy(x), n_frames) for key, x in outputs.items()}


def _hold(x, n_frames):
    """`[1, frames, channels]` with the last of `n_frames` frames in place of those after it."""
    missing = x.shape[1] - n_frames
    return np.pad(x[:, :n_frames], ((0, 0), (0, missing), (0, 0)), mode="edge") if missing else x


def _decode_block(model, block, state):
    return model.decoder.decode(model.preprocessor.scale(block), state)


@functools.lru_cache(maxsize=4)
def _compiled_decoder(model):
    """For all blocks but the first: to trace it takes longer than one block does without."""
    return compiled(functools.partial(_decode_block, model), model.decoder.variables)
