"""The latent z of a recording of any length, in memory that grows with the result alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

_BLOCK_FRAMES = 1024


def measure(encoder: Any, features: Mapping[str, np.ndarray], n_frames: int) -> np.ndarray:
    """Encodes a recording; z is normalised over all of it, as the encoder does with a crop.

    Args:
      encoder: a `MfccTimeDistributedRnnEncoder`.
      features: dict of `audio` `[samples]` and, where that is not at 16 kHz, `audio_16k`.
      n_frames: frames of the result, over the same time.

    Returns:
      float32 `[n_frames, channels]`.
    """
    audio = encoder.choose_audio(features)
    hop_length = round(encoder.fft_size * (1.0 - encoder.overlap))
    count = -(-len(audio) // hop_length)
    mfcc = np.concatenate(list(_mfcc_blocks(encoder, audio, hop_length, count)))
    mean = mfcc[:count].mean(axis=0, dtype="float64")
    deviation = np.sqrt(mfcc[:count].var(axis=0, dtype="float64") + 1e-5)
    scale, shift = (ops.convert_to_numpy(x)[0, 0, 0] for x in encoder.z_norm.weights)
    blocks, state = [], None
    for first in range(0, count, _BLOCK_FRAMES):
        block = (mfcc[first : first + _BLOCK_FRAMES] - mean) / deviation * scale + shift
        z, state = encoder.recur(ops.convert_to_tensor(block[None].astype("float32")), state)
        blocks.append(ops.convert_to_numpy(z)[0])
    z = np.concatenate(blocks)[:count]
    positions = np.arange(n_frames) * (count / n_frames)
    channels = [np.interp(positions, np.arange(count), channel) for channel in z.T]
    return np.stack(channels, axis=-1).astype("float32")


def _mfcc_blocks(encoder, audio, hop_length, count):
    """MFCCs `[frames, 30]` of blocks of one size; those after frame `count` are of nothing."""
    size = (_BLOCK_FRAMES - 1) * hop_length + encoder.fft_size
    for first in range(0, count, _BLOCK_FRAMES):
        block = audio[first * hop_length :][:size]
        block = np.pad(block, (0, size - len(block)))[None]
        yield ops.convert_to_numpy(encoder.mfcc(block, pad_end=False))[0]
