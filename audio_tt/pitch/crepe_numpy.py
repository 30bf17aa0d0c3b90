"""CREPE's network evaluated with a small part of the arithmetic, in numpy, with the same result.

Two exact identities do it. Neighbouring frames overlap, and the first convolution is linear: the
audio is cut into blocks on the grid that all frames share, each block's contribution to each
output position is made once, and a frame adds up those of its own blocks (so that its zero padding
is exact too). The other convolutions have 64 taps over at most 128 positions: they are products in
a discrete Fourier transform just long enough that nothing wraps round. Batch normalisation, which
follows the ReLU, is folded into the convolution before it (scale) and the one after it (shift).
"""

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

FRAME_LENGTH = 1024
EPSILON = 1e-3  # batch normalisation's
_STRIDE = 4
_LEFT = 254  # zeros that 'same' padding puts before the first tap: (255 * 4 + 512 - 1024) / 2
_SMALLEST_BLOCK = 16
_STATISTICS = ("gamma", "beta", "moving_mean", "moving_variance")


class FastCrepe:
    """The network, prepared from its tensors.

    Args:
      tensors: as `audio_tt.pitch.crepe.read` gives them.
      silence: standard deviation of a frame below which its activations are zero.
    """

    def __init__(self, tensors: Mapping[str, np.ndarray], silence: float):
        self._silence = silence
        scales, shifts = zip(*(_normalisation(tensors, i) for i in range(1, 7)), strict=True)
        kernels = [_scaled(tensors, i, scales[i - 1]) for i in range(1, 7)]
        self._limits = [
            np.where(s > 0, [[0.0], [np.inf]], [[-np.inf], [0.0]]).astype(np.float32)
            for s in scales
        ]
        self._first_kernel = kernels[0][0][:, 0]
        self._first_bias = kernels[0][1].astype(np.float32)
        self._layers = [_FourierLayer(256 >> i, *kernels[i], shifts[i - 1]) for i in range(1, 6)]
        dense = tensors["classifier/kernel"].astype(np.float64).reshape(4, -1, 360)
        self._dense = dense.astype(np.float32)
        self._dense_bias = (
            tensors["classifier/bias"] + np.einsum("c,tco->o", shifts[5], dense)
        ).astype(np.float32)
        self._first = {}
        # Frames worked on at once: few enough that what lies between two steps stays in the cache.
        self._batch = max(16, 8192 // len(self._first_bias))

    def __call__(self, audio: np.ndarray, hop_length: int) -> np.ndarray:
        """Activations [frames, 360] of the frames that begin at multiples of hop_length."""
        audio = np.ascontiguousarray(audio, np.float32)
        count = (len(audio) - FRAME_LENGTH) // hop_length + 1
        shared = math.gcd(hop_length, FRAME_LENGTH) >= _SMALLEST_BLOCK
        cut = np.lib.stride_tricks.sliding_window_view(audio, FRAME_LENGTH)[::hop_length]
        hop = hop_length if shared else FRAME_LENGTH
        first = self._first_layer(min(64, math.gcd(hop, FRAME_LENGTH)))

        def run(start):
            frames = cut[start : start + self._batch]
            if shared:
                begin = start * hop
                piece = audio[begin : begin + (len(frames) - 1) * hop + FRAME_LENGTH]
            else:
                piece = frames.reshape(-1)
            return self._forward(first, piece, frames, hop)

        # The products are too small to be worth dividing: one thread each, several batches at once.
        workers = min(int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1), 8)
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
            return np.concatenate(list(pool.map(run, range(0, count, self._batch))))

    def few(self, audio: np.ndarray, hop_length: int) -> np.ndarray:
        """The same for some frames at once in the caller's thread, as a live input needs it.

        Hops must share a factor of 16 or more with the frame's length.
        """
        frames = np.lib.stride_tricks.sliding_window_view(audio, FRAME_LENGTH)[::hop_length]
        used = audio[: (len(frames) - 1) * hop_length + FRAME_LENGTH]
        first = self._first_layer(min(64, math.gcd(hop_length, FRAME_LENGTH)))
        return self._forward(first, used, frames, hop_length)

    def _first_layer(self, block):
        if block not in self._first:
            self._first[block] = _FirstLayer(self._first_kernel, self._first_bias, block)
        return self._first[block]

    def _forward(self, first, audio, frames, hop_length):
        mean = frames.mean(axis=1, dtype=np.float64)
        offset = np.median(mean)
        deviation = frames.std(axis=1, dtype=np.float64)
        audible = np.isfinite(deviation) & (deviation >= self._silence)
        gain = np.divide(1.0, deviation, out=np.zeros(len(frames)), where=audible)
        values = first(audio - np.float32(offset), hop_length, mean - offset, gain, self._limits[0])
        for layer, limits in zip(self._layers, self._limits[1:], strict=True):
            values = layer(values, limits)
        logits = np.matmul(values, self._dense).sum(axis=0) + self._dense_bias
        return np.where(audible[:, None], 1 / (1 + np.exp(-logits)), np.float32(0))


def _normalisation(tensors, layer):
    """Batch normalisation as a scale and a shift [filters], float64."""
    part = {k: tensors[f"conv{layer}-BN/{k}"].astype(np.float64) for k in _STATISTICS}
    scale = part["gamma"] / np.sqrt(part["moving_variance"] + EPSILON)
    return scale, part["beta"] - part["moving_mean"] * scale


def _scaled(tensors, layer, scale):
    kernel = tensors[f"conv{layer}/kernel"].astype(np.float64) * scale
    return kernel, tensors[f"conv{layer}/bias"].astype(np.float64) * scale


def _pool(values, limits, out=None):
    """ReLU and max pooling of pairs, of values that batch normalisation has already scaled.

    For a negative scale the largest scaled value is that of the smallest input: the limits
    [filters] keep what is positive where the scale is positive, and what is negative where it is
    negative.
    """
    largest = np.maximum(values[0::2], values[1::2], out=out)
    return np.clip(largest, *limits, out=largest)


class _FirstLayer:
    """The strided first convolution, shared between the frames that overlap.

    A block holds `block` samples and begins `block // 4` output positions. A position of block c
    sees the samples of blocks c - reach .. c + reach; a frame's own blocks are a run of these, so
    what a frame needs is a sum over all of them, all but the first few, or all but the last few.
    """

    def __init__(self, kernel, bias, block):
        self._block = block
        self._positions = block // _STRIDE
        self._reach = 256 // block
        sample = np.arange(block)[None, :]
        position = np.arange(self._positions)[:, None]
        self._parts = []  # for each relative block: [positions, block, filters]
        for relative in range(-self._reach, self._reach + 1):
            tap = block * relative + sample - _STRIDE * position + _LEFT
            inside = (tap >= 0) & (tap < len(kernel))
            part = np.where(inside[..., None], kernel[tap.clip(0, len(kernel) - 1)], 0.0)
            self._parts.append(part.astype(np.float32))
        self._sums = self._levels([part.sum(axis=1)[:, None] for part in self._parts])
        self._bias = bias

    def _levels(self, parts):
        """The sum of the parts that each of a frame's blocks of positions is made of."""
        reach = self._reach
        chunks = FRAME_LENGTH // self._block
        after, before = [sum(parts[reach:])], [sum(parts[: reach + 1])]
        for step in range(1, reach + 1):
            after.append(after[-1] + parts[reach - step])
            before.append(before[-1] + parts[reach + step])
        whole = [after[-1]] * (chunks - 2 * reach)
        return after[:-1] + whole + before[:-1][::-1]

    def __call__(self, audio, hop_length, mean, gain, limits):
        """[samples] -> [128, frames, filters] pooled, for frames of the given mean and gain."""
        blocks = audio[: len(audio) // self._block * self._block].reshape(-1, self._block)
        step = hop_length // self._block
        span = (len(mean) - 1) * step + 1
        count = len(blocks)
        blocks = np.pad(blocks, ((self._reach, self._reach), (0, 0)))
        levels = self._levels(
            [np.matmul(blocks[i : i + count], part) for i, part in enumerate(self._parts)]
        )
        mean, gain = mean.astype(np.float32)[:, None], gain.astype(np.float32)[:, None]
        half = self._positions // 2
        result = np.empty((FRAME_LENGTH // 8, len(mean), len(self._bias)), np.float32)
        for chunk, (level, total) in enumerate(zip(levels, self._sums, strict=True)):
            values = level[:, chunk : chunk + span : step]
            out = result[chunk * half : (chunk + 1) * half]
            values = values - mean * total
            values *= gain
            values += self._bias
            _pool(values, limits, out=out)
        return result


class _FourierLayer:
    """A convolution of 64 taps, 'same' padding, over a fixed number of positions, then pooling."""

    def __init__(self, positions, kernel, bias, shift):
        width, _, filters = kernel.shape
        left = (width - 1) // 2
        lag = left - np.arange(width)  # output position minus input position, for each tap
        kernel, lag = kernel[np.abs(lag) < positions], lag[np.abs(lag) < positions]
        size = positions + np.abs(lag).max()
        size += size % 2
        turn = 2 * np.pi / size
        real, imaginary = np.arange(size // 2 + 1), np.arange(1, size // 2)
        time = np.arange(positions)
        self._forward = np.concatenate(
            [np.cos(turn * np.outer(real, time)), -np.sin(turn * np.outer(imaginary, time))]
        ).astype(np.float32)
        weight = np.full(len(real), 2 / size)
        weight[[0, -1]] = 1 / size
        self._inverse = np.concatenate(
            [
                np.cos(turn * np.outer(time, real)) * weight,
                -np.sin(turn * np.outer(time, imaginary)) * (2 / size),
            ],
            axis=1,
        ).astype(np.float32)
        response = np.concatenate(
            [
                np.tensordot(np.cos(turn * np.outer(real, lag)), kernel, 1),
                -np.tensordot(np.sin(turn * np.outer(real, lag)), kernel, 1),
            ],
            axis=2,
        )
        self._response = response.astype(np.float32)  # [frequencies, channels, 2 * filters]
        self._filters = filters
        # What the shift of the layer before comes to; the zeros of the padding are not shifted.
        reached = time[:, None] - lag
        reached = ((reached >= 0) & (reached < positions)).astype(np.float64)
        table = bias + reached @ np.tensordot(kernel, shift, axes=(1, 0))
        self._bias = table[:, None].astype(np.float32)

    def __call__(self, values, limits):
        """[positions, frames, channels] -> [positions / 2, frames, filters]."""
        positions, count, channels = values.shape
        spectrum = self._forward @ values.reshape(positions, -1)
        spectrum = spectrum.reshape(-1, count, channels)
        inner = len(self._response)
        filters = self._filters
        direct = np.matmul(spectrum[:inner], self._response)
        crossed = np.matmul(spectrum[inner:], self._response[1:-1])
        product = np.concatenate([direct[..., :filters], direct[1:-1, :, filters:]])
        product[1 : inner - 1] -= crossed[..., filters:]
        product[inner:] += crossed[..., :filters]
        output = self._inverse @ product.reshape(len(product), -1)
        output = output.reshape(positions, count, filters)
        output += self._bias
        return _pool(output, limits)
