"""Short-time Fourier transforms in `keras.ops`: batched, differentiable, the same on every backend.

Spectra are pairs (real, imaginary) of [..., frames, bins] with bins = n_fft // 2 + 1, frames before
bins: the transpose of librosa's layout.
"""

from typing import Any

import numpy as np
from keras import ops

from audio_tt.dsp.windows import window_values
from audio_tt.tensors import Tensor

_TINY = 1e-30


def stft(
    audio: Tensor,
    n_fft: int,
    hop_length: int,
    window: str | np.ndarray = "hann",
    win_length: int | None = None,
    center: bool = True,
    pad_mode: str = "constant",
    pad_end: bool = False,
) -> tuple[Tensor, Tensor]:
    """Short-time Fourier transform.

    Args:
        audio: [..., samples].
        n_fft: samples in a frame.
        hop_length: samples between the starts of two frames.
        window: "hann" (periodic), "hann_symmetric", or an array of at most `n_fft` values; one
            shorter than `n_fft` stands in the middle of the frame.
        win_length: samples of a named window, `n_fft` by default.
        center: whether frame i is centred on sample i * hop_length (audio padded by n_fft // 2 on
            both sides, 1 + samples // hop_length frames) or starts there.
        pad_mode: "constant" (zeros) or "reflect", for `center`.
        pad_end: without `center`, whether zeros at the end make ceil(samples / hop_length) frames;
            otherwise only whole frames count.

    Returns:
        (real, imaginary), each [..., frames, n_fft // 2 + 1], as `librosa.stft` scales them.

    Raises:
        ValueError: the audio is too short, or the window too long.
    """
    audio = ops.convert_to_tensor(audio, "float32")
    samples = audio.shape[-1]
    if center:
        if pad_mode == "reflect" and samples <= n_fft // 2:
            raise ValueError(f"{samples} samples are too few to reflect {n_fft // 2} of them")
        audio = _pad_last(audio, n_fft // 2, n_fft // 2, pad_mode)
    elif pad_end:
        frames = -(-samples // hop_length)
        audio = _pad_last(audio, 0, max(0, (frames - 1) * hop_length + n_fft - samples))
    frames = frame(audio, n_fft, hop_length)
    return _rfft(frames * _constant(window_values(window, n_fft, win_length)))


def istft(
    real: Tensor,
    imag: Tensor,
    hop_length: int,
    n_fft: int | None = None,
    window: str | np.ndarray = "hann",
    win_length: int | None = None,
    center: bool = True,
    length: int | None = None,
) -> Tensor:
    """Inverse of `stft`, by overlap-add and division by the sum of squared windows.

    Args:
        real: [..., frames, bins]; the number of frames must be static.
        imag: the same shape.
        hop_length: samples between the starts of two frames.
        n_fft: samples in a frame, 2 * (bins - 1) by default.
        window: as given to `stft`.
        win_length: as given to `stft`.
        center: as given to `stft`.
        length: samples to return, cut or filled with zeros; what the frames hold by default.

    Returns:
        [..., samples], as `librosa.istft` gives.
    """
    n_fft = n_fft or 2 * (real.shape[-1] - 1)
    values = window_values(window, n_fft, win_length)
    frames = ops.irfft((real, imag), fft_length=n_fft)
    audio = overlap_add(frames * _constant(values), hop_length)
    audio = audio * _constant(_inverse_window_sum(values, real.shape[-2], hop_length))
    start = n_fft // 2 if center else 0
    if length is None:
        return audio[..., start : audio.shape[-1] - start]
    audio = audio[..., start : start + length]
    return _pad_last(audio, 0, length - audio.shape[-1])


def magnitude(audio: Tensor, n_fft: int, hop_length: int, **options: Any) -> Tensor:
    """Magnitude of the short-time Fourier transform; its gradient is 0 where it is 0.

    Args:
        audio: [..., samples].
        n_fft: samples in a frame.
        hop_length: samples between the starts of two frames.
        **options: as for `stft`.

    Returns:
        [..., frames, n_fft // 2 + 1].
    """
    return _hypotenuse(*stft(audio, n_fft, hop_length, **options))


def frame(audio: Tensor, frame_length: int, hop_length: int) -> Tensor:
    """Cuts audio into overlapping frames.

    Blocks of one hop are put side by side, which is quicker than a gather, forward and backward.

    Args:
        audio: [..., samples]; the number of samples must be static.
        frame_length: samples in a frame.
        hop_length: samples between the starts of two frames.

    Returns:
        [..., frames, frame_length] with frames = 1 + (samples - frame_length) // hop_length.

    Raises:
        ValueError: there are fewer samples than one frame takes.
    """
    audio = ops.convert_to_tensor(audio, "float32")
    samples = audio.shape[-1]
    if samples < frame_length:
        raise ValueError(f"{samples} samples are fewer than one frame of {frame_length}")
    frames = 1 + (samples - frame_length) // hop_length
    used = (frames - 1) * hop_length + frame_length
    audio = audio if used == samples else audio[..., :used]

    @ops.custom_gradient
    def cut(audio):
        # Left to the backend, the gradient would be one full-length sum a block: twice the time.
        return _cut(audio, frame_length, hop_length), lambda up: overlap_add(up, hop_length)

    return cut(audio)


def overlap_add(frames: Tensor, hop_length: int) -> Tensor:
    """Adds frames up, each `hop_length` samples after the one before.

    Args:
        frames: [..., frames, frame_length]; the number of frames must be static.
        hop_length: samples between the starts of two frames.

    Returns:
        [..., (frames - 1) * hop_length + frame_length].
    """
    count, frame_length = frames.shape[-2:]
    pieces = -(-frame_length // hop_length)
    frames = _pad_last(frames, 0, pieces * hop_length - frame_length)
    rest = [(0, 0)] * (frames.ndim - 2)
    total = 0
    for i in range(pieces):
        piece = frames[..., i * hop_length : (i + 1) * hop_length]
        total = total + ops.pad(piece, [*rest, (i, pieces - 1 - i), (0, 0)])
    audio = ops.reshape(total, (*ops.shape(total)[:-2], (count + pieces - 1) * hop_length))
    return audio[..., : (count - 1) * hop_length + frame_length]


def _constant(values):
    return ops.convert_to_tensor(values, "float32")


def _pad_last(audio, before, after, mode="constant"):
    if not before and not after:
        return audio
    return ops.pad(audio, [(0, 0)] * (audio.ndim - 1) + [(before, after)], mode=mode)


@ops.custom_gradient
def _rfft(frames):
    """Real FFT whose gradient is one inverse real FFT; the backends take a full complex one."""
    n_fft = frames.shape[-1]

    def gradient(*upstream):
        real, imag = upstream if len(upstream) == 2 else upstream[0]
        scale = np.full(n_fft // 2 + 1, n_fft / 2)
        scale[0] = n_fft
        if n_fft % 2 == 0:
            scale[-1] = n_fft
        scale = _constant(scale)
        return ops.irfft((real * scale, imag * scale), fft_length=n_fft)

    return ops.rfft(frames), gradient


@ops.custom_gradient
def _hypotenuse(real, imag):
    length = ops.sqrt(real * real + imag * imag)

    def gradient(upstream):
        direction = upstream / ops.maximum(length, _TINY)
        return direction * real, direction * imag

    return length, gradient


def _cut(audio, frame_length, hop_length):
    """The adjoint of `overlap_add`."""
    frames = 1 + (audio.shape[-1] - frame_length) // hop_length
    pieces = -(-frame_length // hop_length)
    audio = _pad_last(audio, 0, pieces * hop_length - frame_length)
    blocks = ops.reshape(audio, (*ops.shape(audio)[:-1], frames - 1 + pieces, hop_length))
    shifted = [blocks[..., i : i + frames, :] for i in range(pieces)]
    shifted[-1] = shifted[-1][..., : frame_length - (pieces - 1) * hop_length]
    return ops.concatenate(shifted, axis=-1)


def _inverse_window_sum(window, frames, hop_length):
    total = np.zeros((frames - 1) * hop_length + len(window))
    for start in range(0, frames * hop_length, hop_length):
        total[start : start + len(window)] += window**2
    audible = total > np.finfo(np.float32).tiny
    return np.where(audible, 1.0 / np.where(audible, total, 1.0), 1.0)
