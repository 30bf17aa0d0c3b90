"""Synthesisers: harmonic oscillators, sinusoids of any frequency, and filtered noise."""

from collections.abc import Callable
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.processors import Block, Processor
from ddsp_tt.synthesis.shared import white_noise

_register = gin.register(module="ddsp_tt.synths")


class _Oscillators(Processor):
    """What is played in blocks with a running phase, by a subclass's `_frames`."""

    def context_frames(self, hop_length, *args):
        """The frame after the block, towards which its last frame moves."""
        return 1

    def stream(self, block, state, *args):
        """Audio of a block; the state is the phases from which the next one goes on."""
        if self.amp_resample_method not in core.FADES:
            raise UserError(
                f"{type(self).__name__}.amp_resample_method = {self.amp_resample_method!r} cannot "
                f"be run in blocks; use one of {', '.join(core.FADES)}"
            )
        frames = slice(block.context, block.context + block.n_frames + 1)
        controls = self.get_controls(*[x[:, frames] for x in args])
        audio, phases = self._frames(controls, block.hop_length, state)
        return audio[:, : block.n_samples], phases[:, block.n_frames : block.n_frames + 1]


@_register
class Harmonic(_Oscillators):
    """Sines at multiples of f0.

    Args:
      n_samples: output length. None: `sample_rate / frame_rate` samples for each frame it is given.
      sample_rate: Hz.
      scale_fn: makes raw outputs positive; None leaves them.
      normalize_below_nyquist: give the share of harmonics above Nyquist to those below.
      amp_resample_method: see `core.resample`.
      use_angular_cumsum: kept for Magenta's gin files; phase is exact either way.
      frame_rate: frames a second, used when `n_samples` is None.
      name: name of the layer; its outputs are found under it.
    """

    def __init__(
        self,
        n_samples: int | None = 64000,
        sample_rate: int = 16000,
        scale_fn: Callable | None = core.exp_sigmoid,
        normalize_below_nyquist: bool = True,
        amp_resample_method: str = "window",
        use_angular_cumsum: bool = False,
        frame_rate: float = 250,
        name: str = "harmonic",
    ):
        super().__init__(name=name)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.scale_fn = core.resolved(scale_fn)
        self.normalize_below_nyquist = normalize_below_nyquist
        self.amp_resample_method = amp_resample_method
        self.use_angular_cumsum = use_angular_cumsum
        self.samples_per_frame = sample_rate // frame_rate

    def get_controls(
        self, amplitudes: Tensor, harmonic_distribution: Tensor, f0_hz: Tensor
    ) -> dict[str, Tensor]:
        """Amplitudes `[batch, frames, 1]`, distribution `[batch, frames, harmonics]` summing to 1.

        Args:
          amplitudes: raw, `[batch, frames, 1]`.
          harmonic_distribution: raw, `[batch, frames, harmonics]`.
          f0_hz: `[batch, frames, 1]`.
        """
        if self.scale_fn is not None:
            amplitudes = self.scale_fn(amplitudes)
            harmonic_distribution = self.scale_fn(harmonic_distribution)
        limits = (f0_hz, self.sample_rate) if self.normalize_below_nyquist else ()
        return {
            "amplitudes": amplitudes,
            "harmonic_distribution": core.normalize_harmonics(harmonic_distribution, *limits),
            "f0_hz": f0_hz,
        }

    def get_signal(
        self, amplitudes: Tensor, harmonic_distribution: Tensor, f0_hz: Tensor
    ) -> Tensor:
        """Audio `[batch, samples]`."""
        n_samples = self.n_samples or f0_hz.shape[1] * self.samples_per_frame
        return core.harmonic_synthesis(
            f0_hz,
            amplitudes,
            harmonic_distribution=harmonic_distribution,
            n_samples=n_samples,
            sample_rate=self.sample_rate,
            amp_resample_method=self.amp_resample_method,
        )

    def _frames(self, controls, hop_length, phase):
        return core.harmonic_frames(
            controls["f0_hz"],
            controls["amplitudes"] * controls["harmonic_distribution"],
            hop_length,
            self.sample_rate,
            self.amp_resample_method,
            phase,
        )


@_register
class Sinusoidal(_Oscillators):
    """Sines that each have a frequency of their own.

    Args:
      n_samples: output length; None: `samples_per_frame` for each frame it is given.
      sample_rate: Hz.
      amp_scale_fn: makes raw amplitudes positive; None leaves them.
      amp_resample_method: see `core.resample`.
      freq_scale_fn: makes raw outputs frequencies, see `core.frequencies_sigmoid`; None takes them
        as Hz.
      samples_per_frame: used when `n_samples` is None.
      name: name of the layer; its outputs are found under it.
    """

    def __init__(
        self,
        n_samples: int | None = 64000,
        sample_rate: int = 16000,
        amp_scale_fn: Callable | None = core.exp_sigmoid,
        amp_resample_method: str = "window",
        freq_scale_fn: Callable | None = core.frequencies_sigmoid,
        samples_per_frame: int = 64,
        name: str = "sinusoidal",
    ):
        super().__init__(name=name)
        self.n_samples = n_samples
        self.sample_rate = sample_rate
        self.amp_scale_fn = core.resolved(amp_scale_fn)
        self.amp_resample_method = amp_resample_method
        self.freq_scale_fn = core.resolved(freq_scale_fn)
        self.samples_per_frame = samples_per_frame

    def get_controls(self, amplitudes: Tensor, frequencies: Tensor) -> dict[str, Tensor]:
        """Amplitudes and Hz, `[batch, frames, sinusoids]`.

        Args:
          amplitudes: raw, `[batch, frames, sinusoids]`.
          frequencies: raw, `[batch, frames, sinusoids]` or what `freq_scale_fn` makes that of.
        """
        if self.amp_scale_fn is not None:
            amplitudes = self.amp_scale_fn(amplitudes)
        if self.freq_scale_fn is not None:
            frequencies = self.freq_scale_fn(frequencies)
            amplitudes = core.remove_above_nyquist(frequencies, amplitudes, self.sample_rate)
        return {"amplitudes": amplitudes, "frequencies": frequencies}

    def get_signal(self, amplitudes: Tensor, frequencies: Tensor) -> Tensor:
        """Audio `[batch, samples]`."""
        n_frames = frequencies.shape[1]
        n_samples = self.n_samples or n_frames * self.samples_per_frame
        if self.amp_resample_method in core.FADES and n_samples % n_frames == 0:
            hop_length = n_samples // n_frames
            return core.sinusoidal_frames(
                frequencies, amplitudes, hop_length, self.sample_rate, self.amp_resample_method
            )[0]
        return core.oscillator_bank(
            core.resample(frequencies, n_samples),
            core.resample(amplitudes, n_samples, self.amp_resample_method),
            self.sample_rate,
        )

    def _frames(self, controls, hop_length, phase):
        return core.sinusoidal_frames(
            controls["frequencies"],
            controls["amplitudes"],
            hop_length,
            self.sample_rate,
            self.amp_resample_method,
            phase,
        )


@_register
class FilteredNoise(Processor):
    """White noise through a filter that changes with every frame.

    Args:
      n_samples: output length; None: `samples_per_frame` for each frame it is given.
      window_size: taps of the filter; 0 keeps all `2 * (bands - 1)`.
      scale_fn: makes raw outputs positive; None leaves them.
      initial_bias: added to raw outputs, so that an untrained model is nearly silent.
      delay_compensation: None keeps the noise in time; -1 as the original, two samples late.
      samples_per_frame: used when `n_samples` is None.
      name: name of the layer; its outputs are found under it.
    """

    def __init__(
        self,
        n_samples: int | None = 64000,
        window_size: int = 257,
        scale_fn: Callable | None = core.exp_sigmoid,
        initial_bias: float = -5.0,
        delay_compensation: int | None = None,
        samples_per_frame: int = 64,
        name: str = "filtered_noise",
    ):
        super().__init__(name=name)
        self.n_samples = n_samples
        self.window_size = window_size
        self.scale_fn = core.resolved(scale_fn)
        self.initial_bias = initial_bias
        self.delay_compensation = delay_compensation
        self.samples_per_frame = samples_per_frame
        self.seed_generator = keras.random.SeedGenerator(0)

    def get_controls(self, magnitudes: Tensor) -> dict[str, Tensor]:
        """Band magnitudes `[batch, frames, bands]`, positive."""
        if self.scale_fn is not None:
            magnitudes = self.scale_fn(magnitudes + self.initial_bias)
        return {"magnitudes": magnitudes}

    def get_signal(self, magnitudes: Tensor, noise: Tensor | None = None) -> Tensor:
        """Audio `[batch, samples]`; `noise` in [-1, 1] replaces the fresh uniform noise."""
        if noise is None:
            n_samples = self.n_samples or magnitudes.shape[1] * self.samples_per_frame
            shape = (ops.shape(magnitudes)[0], n_samples)
            noise = keras.random.uniform(shape, -1.0, 1.0, seed=self.seed_generator)
        return core.frequency_filter(
            noise,
            magnitudes,
            window_size=self.window_size,
            delay_compensation=self.delay_compensation,
        )

    def context_frames(self, hop_length: int, magnitudes: Tensor) -> int:
        """Frames that the filter's taps reach over."""
        return -(-2 * (magnitudes.shape[-1] - 1) // hop_length) + 1

    def stream(self, block: Block, state: Any, magnitudes: Tensor) -> tuple[Tensor, Any]:
        """Audio of a block, made together with the frames around it whose filters reach into it."""
        first = (block.first_frame - block.context) * block.hop_length
        n_samples = (block.n_frames + 2 * block.context) * block.hop_length
        noise = white_noise(first, n_samples, block.seed)
        inside = np.arange(first, first + n_samples) < block.total_frames * block.hop_length
        audio = self.get_signal(**self.get_controls(magnitudes), noise=(noise * inside)[None])
        start = block.context * block.hop_length
        return audio[:, start : start + block.n_samples], state
