"""Effects: a room as a learned or parametric impulse response, and a plain FIR filter."""

from collections.abc import Callable
from typing import Any

import gin
import keras
import numpy as np
import scipy.signal
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.processors import Block, Processor

_register = gin.register(module="ddsp_tt.effects")


class Room(Processor):
    """Convolution with an impulse response whose first sample, the dry sound, is left out."""

    def __init__(self, trainable: bool, reverb_length: int, add_dry: bool, name: str):
        super().__init__(name=name)
        self.trainable_room = trainable
        self.reverb_length = reverb_length
        self.add_dry = add_dry

    def get_signal(self, audio: Tensor, ir: Tensor) -> Tensor:
        """Wet audio `[batch, samples]`, plus the dry one if `add_dry`."""
        wet = core.fft_convolve(audio, mask_dry(ir), "same", delay_compensation=0)
        return wet + audio if self.add_dry else wet

    def stream(self, block: Block, state: Any, *args: Tensor) -> tuple[Tensor, Any]:
        """Audio of a block; the state is a learned room, and what of it rings when the block ends.

        A room of noise, which is new with every call, is so the same for all blocks.
        """
        audio, *rest = args
        ir, ringing = state or (None, None)
        if ir is None or not self.trainable_room:
            ir = ops.convert_to_numpy(mask_dry(self.get_controls(audio, *rest)["ir"]))
        audio = ops.convert_to_numpy(audio)
        full = scipy.signal.fftconvolve(audio.astype("float64"), ir.astype("float64"), axes=1)
        if ringing is not None:
            full[:, : ringing.shape[1]] += ringing
        wet = full[:, : block.n_samples].astype("float32")
        return (wet + audio if self.add_dry else wet), (ir, full[:, block.n_samples :])


def mask_dry(ir: Tensor) -> Tensor:
    """`[batch or 1, ir_size]` with sample 0 set to zero."""
    ir = ops.convert_to_tensor(ir)
    ir = ir[None] if len(ir.shape) == 1 else ir[..., 0] if len(ir.shape) == 3 else ir
    return ops.concatenate([ops.zeros_like(ir[:, :1]), ir[:, 1:]], axis=1)


@_register
class Reverb(Room):
    """One impulse response for all examples, learned as such (`trainable`) or given as a control.

    Args:
      trainable: learn the response; otherwise it is the second input.
      reverb_length: samples of the learned response.
      add_dry: add the input.
      name: name of the layer.
    """

    def __init__(
        self,
        trainable: bool = False,
        reverb_length: int = 48000,
        add_dry: bool = True,
        name: str = "reverb",
    ):
        super().__init__(trainable, reverb_length, add_dry, name)
        if trainable:
            self._ir = self.add_weight(
                name="ir",
                shape=(reverb_length,),
                initializer=keras.initializers.RandomNormal(stddev=1e-6),
            )

    def get_controls(self, audio: Tensor, ir: Tensor | None = None) -> dict[str, Tensor]:
        """The audio, and the response `[1, ir_size]` (learned) or as given."""
        if self.trainable_room:
            ir = ops.convert_to_tensor(self._ir)[None]
        elif ir is None:
            raise ValueError("a Reverb that is not trainable needs the impulse response as input")
        return {"audio": audio, "ir": ir}


@_register
class ExpDecayReverb(Room):
    """Exponentially decaying noise: `gain * exp(-(2 + exp(decay)) t) * noise`, t from 0 to 1.

    Args:
      trainable: learn gain and decay; otherwise they are inputs.
      reverb_length: samples.
      scale_fn: makes the gain positive.
      decay_exponent: initial decay.
      add_dry: add the input.
      name: name of the layer.
    """

    def __init__(
        self,
        trainable: bool = False,
        reverb_length: int = 48000,
        scale_fn: Callable | None = core.exp_sigmoid,
        decay_exponent: float = 4.0,
        add_dry: bool = True,
        name: str = "exp_decay_reverb",
    ):
        super().__init__(trainable, reverb_length, add_dry, name)
        self.scale_fn = core.resolved(scale_fn)
        self._noise = np.random.default_rng(0).uniform(-1, 1, (1, reverb_length)).astype("float32")
        if trainable:
            constant = keras.initializers.Constant
            self._gain = self.add_weight(name="gain", shape=(1,), initializer=constant(2.0))
            self._decay = self.add_weight(
                name="decay", shape=(1,), initializer=constant(decay_exponent)
            )

    def get_controls(
        self, audio: Tensor, gain: Tensor | None = None, decay: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Audio and impulse response; gain and decay are `[batch, 1]` where not learned."""
        if self.trainable_room:
            gain = ops.convert_to_tensor(self._gain)[None]
            decay = ops.convert_to_tensor(self._decay)[None]
        elif gain is None or decay is None:
            raise ValueError("an ExpDecayReverb that is not trainable needs gain and decay")
        time = np.linspace(0.0, 1.0, self.reverb_length, dtype="float32")[None]
        envelope = ops.exp(-(2.0 + ops.exp(decay)) * time)
        gain = self.scale_fn(gain) if self.scale_fn is not None else gain
        return {"audio": audio, "ir": gain * envelope * self._noise}


@_register
class FilteredNoiseReverb(Room):
    """An impulse response made of filtered noise, whose band magnitudes over time are learned.

    Args:
      trainable: learn the magnitudes; otherwise they are an input.
      reverb_length: samples.
      window_size: see `FilteredNoise`.
      n_frames: magnitude frames over the length of the response.
      n_filter_banks: bands.
      scale_fn: makes magnitudes positive.
      initial_bias: added to the magnitudes.
      add_dry: add the input.
      name: name of the layer.
    """

    def __init__(
        self,
        trainable: bool = False,
        reverb_length: int = 48000,
        window_size: int = 257,
        n_frames: int = 1000,
        n_filter_banks: int = 16,
        scale_fn: Callable | None = core.exp_sigmoid,
        initial_bias: float = -3.0,
        add_dry: bool = True,
        name: str = "filtered_noise_reverb",
    ):
        from ddsp_tt.synthesis.synths import FilteredNoise

        super().__init__(trainable, reverb_length, add_dry, name)
        self._synth = FilteredNoise(reverb_length, window_size, scale_fn, initial_bias)
        if trainable:
            self._magnitudes = self.add_weight(
                name="magnitudes",
                shape=(n_frames, n_filter_banks),
                initializer=keras.initializers.RandomNormal(stddev=1e-2),
            )

    def get_controls(self, audio: Tensor, magnitudes: Tensor | None = None) -> dict[str, Tensor]:
        """Audio and impulse response; magnitudes are `[batch, frames, bands]` where not learned."""
        if self.trainable_room:
            magnitudes = ops.convert_to_tensor(self._magnitudes)[None]
        elif magnitudes is None:
            raise ValueError("a FilteredNoiseReverb that is not trainable needs magnitudes")
        return {"audio": audio, "ir": self._synth(magnitudes)}


@_register
class FIRFilter(Processor):
    """A time-varying linear-phase filter.

    Args:
      window_size: see `core.frequency_filter`.
      scale_fn: makes magnitudes positive; None leaves them.
      name: name of the layer.
    """

    def __init__(
        self,
        window_size: int = 257,
        scale_fn: Callable | None = core.exp_sigmoid,
        name: str = "fir_filter",
    ):
        super().__init__(name=name)
        self.window_size = window_size
        self.scale_fn = core.resolved(scale_fn)

    def get_controls(self, audio: Tensor, magnitudes: Tensor) -> dict[str, Tensor]:
        """Audio `[batch, samples]` and magnitudes `[batch, frames, bands]`."""
        scaled = self.scale_fn(magnitudes) if self.scale_fn is not None else magnitudes
        return {"audio": audio, "magnitudes": scaled}

    def get_signal(self, audio: Tensor, magnitudes: Tensor) -> Tensor:
        """Filtered audio `[batch, samples]`."""
        return core.frequency_filter(audio, magnitudes, window_size=self.window_size)
