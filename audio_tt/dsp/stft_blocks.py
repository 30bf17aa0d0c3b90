"""The transform of audio of any length and back, block by block; the blocks joined are the whole.

Memory does not grow with the length. `features` is whatever has `n_fft`, `hop_length` and `window`
as `audio_tt.dsp.stft` takes them, and the `pad_mode` of the two ends ("constant" or "reflect").
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from audio_tt.dsp.windows import window_values

_FRAMES_AT_ONCE = 256


def analyse(blocks: Iterable[np.ndarray], features: Any, fill: bool = True) -> Iterator[np.ndarray]:
    """Transforms audio.

    Args:
      blocks: iterable of float32 `[samples]` or `[samples, channels]`, of any lengths.
      features: for its window, hop and padding at the two ends.
      fill: whether to add a frame for samples after the last whole hop, which are otherwise lost.

    Yields:
      complex64 `[channels, n_fft // 2 + 1, frames]`, in all 1 + samples / hop_length frames,
      rounded up where `fill`, otherwise down. Audio shorter than a frame is filled up with zeros.
    """
    n_fft, hop, reach = features.n_fft, features.hop_length, features.n_fft // 2
    kept_back = reach + hop + 1  # samples that the mirrored end is made of
    waiting, total, started = None, 0, False
    for block in blocks:
        channels = np.asarray(block, np.float32).reshape(len(block), -1).T
        waiting = channels if waiting is None else np.concatenate([waiting, channels], axis=1)
        total += len(block)
        if waiting.shape[1] < n_fft + kept_back:
            continue
        if not started:
            waiting = np.pad(waiting, ((0, 0), (reach, 0)), mode=features.pad_mode)
            started = True
        count = (waiting.shape[1] - kept_back - n_fft) // hop + 1
        yield _transform(waiting[:, : (count - 1) * hop + n_fft], features)
        waiting = waiting[:, count * hop :]
    if not total:
        return
    missing = max(0, n_fft - total)
    waiting = np.pad(waiting, ((0, 0), (0, missing)))
    after = reach + (-(total + missing) % hop if fill else 0)
    ends = (0 if started else reach, after)
    yield _transform(np.pad(waiting, ((0, 0), ends), mode=features.pad_mode), features)


def synthesise(spectra: Iterable[np.ndarray], features: Any) -> Iterator[np.ndarray]:
    """Audio of transforms, by overlap-add and division by the sum of squared windows.

    Args:
      spectra: iterable of complex `[channels, n_fft // 2 + 1, frames]`.
      features: as for `analyse`.

    Yields:
      float32 `[samples, channels]`, up to the middle of the last frame or some samples further.
    """
    n_fft, hop = features.n_fft, features.hop_length
    window = window_values(features.window, n_fft)
    audio, weight = None, np.zeros(n_fft - hop)
    surplus = n_fft // 2  # samples before the recording began
    for spectrum in spectra:
        frames = np.fft.irfft(spectrum, n_fft, axis=1) * window[:, None]
        count = frames.shape[2]
        if audio is None:
            audio = np.zeros((len(frames), n_fft - hop))
        audio = np.pad(audio, ((0, 0), (0, count * hop)))
        weight = np.pad(weight, (0, count * hop))
        for i in range(count):
            audio[:, i * hop : i * hop + n_fft] += frames[:, :, i]
            weight[i * hop : i * hop + n_fft] += window**2
        done = count * hop
        yield _divided(audio[:, surplus:done], weight[surplus:done])
        surplus = max(0, surplus - done)
        audio, weight = audio[:, done:], weight[done:]
    left = slice(surplus, max(surplus, n_fft // 2 - hop))
    if audio is not None:
        yield _divided(audio[:, left], weight[left])


def _divided(audio, weight):
    return (audio / np.maximum(weight, np.finfo(np.float32).tiny)).T.astype(np.float32)


def _transform(audio, features):
    """Transform of audio `[channels, samples]` that is padded already."""
    n_fft, hop = features.n_fft, features.hop_length
    window = window_values(features.window, n_fft)
    frames = np.lib.stride_tricks.sliding_window_view(audio, n_fft, axis=1)[:, ::hop]
    spectrum = np.empty((len(audio), frames.shape[1], n_fft // 2 + 1), np.complex64)
    for start in range(0, frames.shape[1], _FRAMES_AT_ONCE):
        part = slice(start, start + _FRAMES_AT_ONCE)
        # In double precision, without which the phase of quiet bins is noise of the arithmetic.
        spectrum[:, part] = np.fft.rfft(frames[:, part] * window)
    return spectrum.transpose(0, 2, 1)
