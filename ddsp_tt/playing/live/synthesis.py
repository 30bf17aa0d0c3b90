"""The processors of a model in numpy, fed frame by frame.

Each takes the frames that have come and gives the samples that no later frame can change. All of
a group wait for the same number of frames (`ahead`), so that their signals go together.
"""

import keras
import numpy as np

from audio_tt.errors import UserError
from ddsp_tt.synthesis import core, effects, processors, synths
from ddsp_tt.synthesis.core.filtering import filter_delay

_LIMIT, _STEPS = 40.0, 160_001


class _Table:
    """A function of one number, looked up: what gin may have put in its place is called once."""

    def __init__(self, function):
        self._x = np.linspace(-_LIMIT, _LIMIT, _STEPS)
        self._y = self._x
        if function is not None:
            self._y = keras.ops.convert_to_numpy(function(self._x.astype("float32")[:, None]))[:, 0]

    def __call__(self, x):
        return np.interp(x, self._x, self._y)


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


class LiveHarmonic:
    """`synths.Harmonic`: the phase goes on from call to call."""

    def __init__(self, processor, hop_length, ahead, seed):
        del seed
        if processor.amp_resample_method not in core.FADES:
            raise UserError(f"Harmonic.amp_resample_method must be one of {', '.join(core.FADES)}")
        self._scale = _Table(processor.scale_fn)
        self._below_nyquist = processor.normalize_below_nyquist
        self._rate, self._hop = processor.sample_rate, hop_length
        self._fade = core.FADES[processor.amp_resample_method](hop_length)
        self._frames = _Frames(ahead)
        self._phase = 0.0  # cycles

    @staticmethod
    def ahead(processor, hop_length, inputs):
        """Frames that it has to wait for."""
        return 1

    def __call__(self, amplitudes, distribution, f0_hz):
        """Raw outputs and f0 `[frames, channels]` to audio `[samples]`."""
        harmonics = np.arange(1, distribution.shape[-1] + 1)
        share = self._scale(distribution)
        if self._below_nyquist:
            share = np.where(f0_hz * harmonics < self._rate / 2, share, 0.0)
        total = share.sum(axis=-1, keepdims=True)
        share = share / np.where(total == 0.0, 1e-7, total)
        frames = self._frames.push(np.concatenate([f0_hz, self._scale(amplitudes) * share], -1))
        f0, slope = frames[:-1, :1], np.diff(frames[:, :1], axis=0)
        j = np.arange(self._hop)
        hop_cycles = (self._hop * f0 + 0.5 * (self._hop - 1) * slope)[:, 0] / self._rate
        starts = self._phase + np.concatenate([[0.0], np.cumsum(hop_cycles)])
        self._phase = starts[-1] % 1.0
        cycles = (
            starts[:-1, None] + ((j + 1) * f0 + j * (j + 1) / (2 * self._hop) * slope) / self._rate
        )
        angles = (2 * np.pi * (cycles % 1.0)).astype("float32")[..., None]
        sines = np.sin(angles * harmonics.astype("float32"))
        frequency = f0 + j / self._hop * slope
        sines *= frequency[..., None] * harmonics < self._rate / 2
        pair = np.stack([frames[:-1, 1:], frames[1:, 1:]], axis=-1).astype("float32")
        mixed = sines @ pair
        return (mixed[..., 0] * self._fade + mixed[..., 1] * (1.0 - self._fade)).reshape(-1)


class LiveNoise:
    """`synths.FilteredNoise`: the filters' tails go on from call to call."""

    def __init__(self, processor, hop_length, ahead, seed):
        self._scale = _Table(processor.scale_fn)
        self._bias = processor.initial_bias if processor.scale_fn is not None else 0.0
        self._window_size, self._compensation = processor.window_size, processor.delay_compensation
        self._hop, self._ahead, self._seed = hop_length, ahead, seed
        self._responses = None  # [bands, taps]
        self._come = 0  # frames
        self._given = 0  # samples
        self._pending = np.zeros(0)

    @staticmethod
    def ahead(processor, hop_length, inputs):
        """Frames that it has to wait for: those whose filters reach back into the one before."""
        (bands,) = inputs
        _, delay = _responses(bands, processor.window_size, processor.delay_compensation)
        return (hop_length - 1 + delay) // hop_length

    def __call__(self, magnitudes):
        """Raw outputs `[frames, bands]` to audio `[samples]`."""
        if self._responses is None:
            self._responses, self._delay = _responses(
                magnitudes.shape[-1], self._window_size, self._compensation
            )
        n, hop = len(magnitudes), self._hop
        responses = self._scale(magnitudes + self._bias) @ self._responses
        noise = synths.white_noise(self._come * hop, n * hop, self._seed).reshape(n, hop)
        size = hop + responses.shape[-1] - 1
        fft_size = 1 << (size - 1).bit_length()
        spectrum = np.fft.rfft(noise, fft_size) * np.fft.rfft(responses, fft_size)
        blocks = np.fft.irfft(spectrum, fft_size)[:, :size]
        origin = self._come * hop - self._delay - self._given
        end = origin + (n - 1) * hop + size
        self._pending = np.pad(self._pending, (0, max(end - len(self._pending), 0)))
        for i, block in enumerate(blocks):
            first = origin + i * hop
            self._pending[max(first, 0) : first + size] += block[max(-first, 0) :]
        self._come += n
        ready = max(self._come - self._ahead, 0) * hop - self._given
        audio, self._pending = self._pending[:ready], self._pending[ready:]
        self._given += ready
        return audio.astype("float32")


def _responses(bands, window_size, compensation):
    """What each band adds to a filter, `[bands, taps]`, and by how much the filter delays."""
    unit = np.eye(bands, dtype="float32")
    responses = keras.ops.convert_to_numpy(core.frequency_impulse_response(unit, window_size))
    n_taps = responses.shape[-1]
    if compensation is None:
        return responses, filter_delay(n_taps, bands, window_size)
    return responses, compensation if compensation >= 0 else max((n_taps - 1) // 2 - 1, 0)


class LiveRoom:
    """A room whose response does not change, convolved in partitions of one frame."""

    def __init__(self, processor, hop_length, ahead, seed):
        del ahead, seed
        silence = np.zeros((1, hop_length), "float32")
        response = effects.mask_dry(processor.get_controls(silence)["ir"])
        response = keras.ops.convert_to_numpy(response)[0]
        count = -(-len(response) // hop_length)
        response = np.pad(response, (0, count * hop_length - len(response)))
        self._response = np.fft.rfft(response.reshape(count, hop_length), 2 * hop_length)
        self._past = np.zeros_like(self._response)  # spectra of what came in, the latest at _now
        self._now = 0
        self._tail = np.zeros(hop_length)
        self._add_dry = processor.add_dry
        self._hop = hop_length

    @staticmethod
    def ahead(processor, hop_length, inputs):
        """None: it hears what the others have made."""
        return 0

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


class LiveAdd:
    """`processors.Add`."""

    def __init__(self, processor, hop_length, ahead, seed):
        pass

    ahead = LiveRoom.ahead

    def __call__(self, one, two):
        """The sum of two signals."""
        return one + two


class LiveFrequency:
    """`processors.LogFrequency`: frames in, frames out."""

    def __init__(self, processor, hop_length, ahead, seed):
        self._scale = _Table(processor)

    ahead = LiveRoom.ahead

    def __call__(self, raw):
        """Raw output `[frames, 1]` to Hz."""
        return self._scale(raw)


class LiveCrop:
    """`processors.Crop`: of audio that has no end, nothing is left out there."""

    def __init__(self, processor, hop_length, ahead, seed):
        if processor.crop_location != "back":
            raise UserError("Crop: only crop_location = 'back' can be played live")

    ahead = LiveRoom.ahead

    def __call__(self, audio):
        """All of it."""
        return audio


_LIVE = {
    synths.Harmonic: LiveHarmonic,
    synths.FilteredNoise: LiveNoise,
    processors.Add: LiveAdd,
    processors.Crop: LiveCrop,
    processors.LogFrequency: LiveFrequency,
    effects.Reverb: LiveRoom,
    effects.ExpDecayReverb: LiveRoom,
    effects.FilteredNoiseReverb: LiveRoom,
}


def _counterpart(processor):
    for kind in type(processor).__mro__:  # an old name of Magenta's is a subclass
        if kind in _LIVE:
            return _LIVE[kind]
    raise UserError(f"{processor.name}: this processor cannot be played live")


class LiveGroup:
    """A `ProcessorGroup` that carries its state from call to call.

    Args:
      group: the layer.
      sizes: channels of the decoder's outputs by name.
      hop_length: samples a frame.
      seed: of the noise.

    Attributes:
      ahead: frames that are waited for until a frame is played.
      keys: names of the features that it reads from outside.

    Raises:
      UserError: it has a processor that cannot be played live.
    """

    def __init__(self, group, sizes, hop_length, seed):
        nodes = list(group.nodes())
        kinds = [_counterpart(processor) for processor, _ in nodes]
        self.keys = {key for _, keys in nodes for key in keys if "/" not in key}
        self.ahead = max(
            kind.ahead(processor, hop_length, [sizes[key] for key in keys if key in sizes])
            for kind, (processor, keys) in zip(kinds, nodes, strict=True)
        )
        self._nodes = [
            (processor.name, kind(processor, hop_length, self.ahead, seed), keys)
            for kind, (processor, keys) in zip(kinds, nodes, strict=True)
        ]

    def __call__(self, outputs):
        """Audio `[samples]` that the next frames `[frames, channels]` by name make certain."""
        outputs = dict(outputs)
        for name, play, keys in self._nodes:
            signal = play(*[processors.look_up(outputs, key) for key in keys])
            outputs[name] = {"signal": signal}
        return signal
