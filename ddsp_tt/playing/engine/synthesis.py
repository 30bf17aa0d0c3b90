"""The processors of a model in numpy, fed frame by frame or by many frames at once.

A processor is described by a frozen class, and played by what its `start` makes: that takes the
frames that have come and gives the samples that no later frame can change. All of a group wait for
the same number of frames (`ahead`), so that their signals go together.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from audio_tt.errors import UserError
from ddsp_tt.synthesis.shared import FADES, filter_delay, impulse_responses, white_noise

Scale = Callable[[np.ndarray], np.ndarray]


def same(x: np.ndarray) -> np.ndarray:
    """What stands for a scale where there is none."""
    return x


class _Frames:
    """Frames that wait until `ahead` more have come."""

    def __init__(self, ahead):
        self._ahead = ahead
        self._waiting = None

    def push(self, frames):
        """Returns those that are due now and the one after them, `[due + 1, channels]`."""
        if self._waiting is not None:
            frames = np.concatenate([self._waiting, frames])
        due = max(len(frames) - self._ahead, 0)
        self._waiting = frames[due:]
        return frames[: due + 1]


@dataclasses.dataclass(frozen=True)
class Harmonic:
    """`synths.Harmonic`.

    Attributes:
      sample_rate: Hz.
      scale: of raw outputs.
      normalize_below_nyquist: see `synths.Harmonic`.
      amp_resample_method: a key of `FADES`.
    """

    sample_rate: int
    scale: Scale
    normalize_below_nyquist: bool = True
    amp_resample_method: str = "window"

    def __post_init__(self):
        if self.amp_resample_method not in FADES:
            raise UserError(f"Harmonic.amp_resample_method must be one of {', '.join(FADES)}")

    def ahead(self, hop_length: int, inputs: Sequence[int]) -> int:
        """Frames that it has to wait for: the one towards which a frame moves."""
        del hop_length, inputs
        return 1

    def start(self, hop_length: int, ahead: int, seed: int) -> Callable[..., np.ndarray]:
        """What plays it, from silence."""
        del seed
        return _Harmonic(self, hop_length, ahead)


class _Harmonic:
    """The phase goes on from call to call."""

    def __init__(self, settings, hop_length, ahead):
        self._settings, self._hop = settings, hop_length
        self._fade = FADES[settings.amp_resample_method](hop_length)
        self._frames = _Frames(ahead)
        self._phase = 0.0  # cycles
        steps = np.arange(hop_length)
        self._steps = steps + 1.0, steps * (steps + 1) / (2 * hop_length), steps / hop_length

    def __call__(self, amplitudes, distribution, f0_hz):
        """Raw outputs and f0 `[frames, channels]` to audio `[samples]`."""
        half_rate = self._settings.sample_rate / 2
        harmonics = np.arange(1, distribution.shape[-1] + 1)
        share = self._settings.scale(distribution)
        if self._settings.normalize_below_nyquist:
            share = np.where(f0_hz * harmonics < half_rate, share, 0.0)
        total = share.sum(axis=-1, keepdims=True)
        share = share / np.where(total == 0.0, 1e-7, total)
        levels = self._settings.scale(amplitudes) * share
        frames = self._frames.push(np.concatenate([f0_hz, levels], axis=-1))
        cycles, frequency = self._cycles(frames)
        return self._sum(2.0 * np.pi * cycles, frequency, frames[:, 1:]).astype("float32")

    def _sum(self, angles, frequency, levels):
        """Sum of all harmonics, `[samples]`, by Clenshaw's recurrence, which takes two cosines.

        With `b[k] = a[k] + 2 cos(x) b[k + 1] - b[k + 2]` the sum of `a[k] sin(k x)` over k is
        `b[1] sin(x)`.

        Args:
          angles: of the fundamental, `[frames, hop]`.
          frequency: of the fundamental, Hz, `[frames, hop]`.
          levels: `[frames + 1, harmonics]`.
        """
        half_rate = self._settings.sample_rate / 2
        lowest, highest = frequency.min(initial=half_rate), frequency.max(initial=0.0)
        here, change = levels[1:], levels[:-1] - levels[1:]
        factor, product, level = 2.0 * np.cos(angles), np.empty_like(angles), np.empty_like(angles)
        now, after = np.zeros_like(angles), np.zeros_like(angles)
        for index in reversed(range(levels.shape[1])):
            if lowest * (index + 1) >= half_rate:
                continue  # all of it is above Nyquist
            np.multiply(factor, now, out=product)
            product -= after
            np.multiply(change[:, index, None], self._fade, out=level)
            level += here[:, index, None]
            if highest * (index + 1) >= half_rate:
                level *= frequency * (index + 1) < half_rate
            product += level
            now, after, product = product, now, after
        return (now * np.sin(angles)).reshape(-1)

    def _cycles(self, frames):
        """Running phase in cycles and frequency in Hz, `[frames, hop]` each."""
        f0, slope = frames[:-1, :1], np.diff(frames[:, :1], axis=0)
        rate, (steps, rising, towards) = self._settings.sample_rate, self._steps
        hop_cycles = (self._hop * f0 + 0.5 * (self._hop - 1) * slope)[:, 0] / rate
        starts = self._phase + np.concatenate([[0.0], np.cumsum(hop_cycles)])
        self._phase = starts[-1] % 1.0
        cycles = starts[:-1, None] + (steps * f0 + rising * slope) / rate
        return cycles % 1.0, f0 + towards * slope


@dataclasses.dataclass(frozen=True)
class Noise:
    """`synths.FilteredNoise`.

    Attributes:
      scale: of raw outputs.
      initial_bias: added to them first.
      window_size: taps of the filters; 0 keeps all.
      delay_compensation: see `synths.FilteredNoise`.
    """

    scale: Scale
    initial_bias: float = 0.0
    window_size: int = 257
    delay_compensation: int | None = None

    def responses(self, bands: int) -> tuple[np.ndarray, int]:
        """What each band adds to a filter `[bands, taps]`, and samples by which that delays."""
        responses = impulse_responses(bands, self.window_size)
        n_taps = responses.shape[-1]
        if self.delay_compensation is None:
            return responses, filter_delay(n_taps, bands, self.window_size)
        delay = self.delay_compensation
        return responses, delay if delay >= 0 else max((n_taps - 1) // 2 - 1, 0)

    def ahead(self, hop_length: int, inputs: Sequence[int]) -> int:
        """Frames that it has to wait for: those whose filters reach back into the one before."""
        (bands,) = inputs
        return (hop_length - 1 + self.responses(bands)[1]) // hop_length

    def start(self, hop_length: int, ahead: int, seed: int) -> Callable[..., np.ndarray]:
        """What plays it, from silence."""
        return _Noise(self, hop_length, ahead, seed)


class _Noise:
    """The filters' tails go on from call to call."""

    def __init__(self, settings, hop_length, ahead, seed):
        self._settings, self._hop = settings, hop_length
        self._ahead, self._seed = ahead, seed
        self._responses = None  # [bands, taps]
        self._taken = 0  # frames
        self._given = 0  # samples
        self._pending = np.zeros(0)
        self.is_over = False

    def __call__(self, magnitudes):
        """Raw outputs `[frames, bands]` to audio `[samples]`."""
        settings = self._settings
        if self._responses is None:
            self._responses, self._delay = settings.responses(magnitudes.shape[-1])
        n, hop = len(magnitudes), self._hop
        responses = settings.scale(magnitudes + settings.initial_bias) @ self._responses
        size = hop + responses.shape[-1] - 1
        blocks = np.zeros((n, size))
        if not self.is_over:
            noise = white_noise(self._taken * hop, n * hop, self._seed).reshape(n, hop)
            fft_size = 1 << (size - 1).bit_length()
            spectrum = np.fft.rfft(noise, fft_size) * np.fft.rfft(responses, fft_size)
            blocks = np.fft.irfft(spectrum, fft_size)[:, :size]
        origin = self._taken * hop - self._delay - self._given
        end = origin + (n - 1) * hop + size
        self._pending = np.pad(self._pending, (0, max(end - len(self._pending), 0)))
        for i, block in enumerate(blocks):
            first = origin + i * hop
            self._pending[max(first, 0) : first + size] += block[max(-first, 0) :]
        self._taken += n
        ready = max(self._taken - self._ahead, 0) * hop - self._given
        audio, self._pending = self._pending[:ready], self._pending[ready:]
        self._given += ready
        return audio.astype("float32")


class _WaitsForNone:
    """A processor of signals that others have made, or of single frames."""

    def ahead(self, hop_length, inputs):
        """None."""
        del hop_length, inputs
        return 0


@dataclasses.dataclass(frozen=True)
class Room(_WaitsForNone):
    """A room whose response does not change.

    Attributes:
      response: `[samples]`, without the direct sound.
      add_dry: add the input.
    """

    response: np.ndarray
    add_dry: bool

    def start(self, hop_length: int, ahead: int, seed: int) -> Callable[..., np.ndarray]:
        """What plays it, from silence."""
        del ahead, seed
        return _Room(self, hop_length)


class _Room:
    """Convolution in partitions of one frame."""

    def __init__(self, settings, hop_length):
        response = settings.response
        count = -(-len(response) // hop_length)
        response = np.pad(response, (0, count * hop_length - len(response)))
        self._response = np.fft.rfft(response.reshape(count, hop_length), 2 * hop_length)
        self._past = np.zeros_like(self._response)  # spectra of what came in, the latest at _now
        self._now = 0
        self._tail = np.zeros(hop_length)
        self._add_dry, self._hop = settings.add_dry, hop_length

    def __call__(self, audio):
        """Audio `[samples]` of whole frames to as many samples."""
        blocks = audio.reshape(-1, self._hop)
        wet = np.empty(blocks.shape)
        for i, block in enumerate(blocks):
            self._now = (self._now - 1) % len(self._past)
            self._past[self._now] = np.fft.rfft(block, 2 * self._hop)
            split = len(self._past) - self._now
            spectrum = np.einsum("pf,pf->f", self._past[self._now :], self._response[:split])
            spectrum += np.einsum("pf,pf->f", self._past[: self._now], self._response[split:])
            full = np.fft.irfft(spectrum, 2 * self._hop)
            wet[i] = full[: self._hop] + self._tail
            self._tail = full[self._hop :]
        wet = wet.reshape(-1).astype("float32")
        return wet + audio if self._add_dry else wet


@dataclasses.dataclass(frozen=True)
class Stateless(_WaitsForNone):
    """A function of signals or of single frames.

    Attributes:
      function: what `start` gives back.
    """

    function: Callable

    def start(self, hop_length: int, ahead: int, seed: int) -> Callable[..., np.ndarray]:
        """The function, for one sound."""
        del hop_length, ahead, seed
        return functools.partial(self.function)


@dataclasses.dataclass(frozen=True)
class Node:
    """A processor and what it is fed with.

    Attributes:
      name: under which its signal is found.
      processor: one of the classes above.
      keys: of outputs of the decoder and features ("amps"), or of signals ("harmonic/signal").
    """

    name: str
    processor: object
    keys: tuple[str, ...]


def keys_from_outside(nodes: Sequence[Node]) -> set[str]:
    """Names of the outputs and features that a group reads."""
    return {key for node in nodes for key in node.keys if "/" not in key}


class Group:
    """A `ProcessorGroup` that carries its state from call to call.

    Args:
      nodes: of `Node`, in order.
      sizes: channels of the decoder's outputs by name.
      hop_length: samples a frame.
      seed: of the noise.

    Attributes:
      ahead: frames that are waited for until a frame is played.
    """

    def __init__(self, nodes: Sequence[Node], sizes: Mapping[str, int], hop_length: int, seed: int):
        self.ahead = max(
            node.processor.ahead(hop_length, [sizes[key] for key in node.keys if key in sizes])
            for node in nodes
        )
        self._nodes = [
            (node.name, node.processor.start(hop_length, self.ahead, seed), node.keys)
            for node in nodes
        ]

    def __call__(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Audio `[samples]` that the next frames `[frames, channels]` by name make certain."""
        signals = dict(outputs)
        for name, play, keys in self._nodes:
            signal = play(*[signals[key] for key in keys])
            signals[f"{name}/signal"] = signal
        return signal

    def finish(self, outputs: Mapping[str, np.ndarray]) -> np.ndarray:
        """Audio of the frames that are still waited for; the last of `outputs` is held."""
        if not self.ahead:
            return np.zeros(0, "float32")
        for _, play, _ in self._nodes:
            play.is_over = True  # noise comes to an end there, tones are held
        return self({name: np.repeat(x[-1:], self.ahead, axis=0) for name, x in outputs.items()})
