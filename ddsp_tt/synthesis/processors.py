"""Processors make controls from network outputs and a signal from controls; a group chains them."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gin
import keras

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.saving import Saved

_register = gin.register(module="ddsp_tt.processors")


@dataclasses.dataclass(frozen=True)
class Block:
    """A stretch of time that is synthesised at once.

    Attributes:
      first_frame: index of its first frame in the whole sound.
      n_frames: its length.
      context: frames that frame-rate inputs hold before the first and after the last.
      hop_length: samples a frame.
      total_frames: length of the whole sound.
      seed: of the noise.
    """

    first_frame: int
    n_frames: int
    context: int
    hop_length: int
    total_frames: int
    seed: int

    @property
    def n_samples(self) -> int:
        """Samples of the block."""
        return self.n_frames * self.hop_length


class Processor(Saved, keras.layers.Layer):
    """One step of a synthesis chain.

    A subclass says in `get_controls` how raw network outputs become controls of the right range,
    and in `get_signal` how controls become audio `[batch, samples]`.
    """

    def __init__(self, name: str):
        # Phases and spectra are single precision, whatever the networks compute in.
        super().__init__(name=name, dtype="float32")
        # Weights, where there are any, are made by the constructor; nothing waits for a shape.
        self.built = True

    def get_controls(self, *args: Tensor) -> dict[str, Tensor]:
        """Maps raw inputs, in the order in which `call` gets them, to a dict of controls."""
        raise NotImplementedError

    def get_signal(self, **controls: Tensor) -> Tensor:
        """Makes the signal from the controls."""
        raise NotImplementedError

    def call(self, *args: Tensor, return_outputs_dict: bool = False) -> Tensor | dict[str, Any]:
        """Signal, or `{"signal": ..., "controls": {...}}` with `return_outputs_dict`."""
        controls = self.get_controls(*args)
        signal = self.get_signal(**controls)
        return {"signal": signal, "controls": controls} if return_outputs_dict else signal

    def context_frames(self, hop_length: int, *args: Tensor) -> int:
        """Frames on either side of a block that its signal depends on."""
        del hop_length, args
        return 0

    def stream(self, block: Block, state: Any, *args: Tensor) -> tuple[Tensor, Any]:
        """Signal of one block of a longer sound, equal to that stretch of the whole.

        Args:
          block: the `Block` that is made.
          state: what the call for the block before returned; None at the start.
          *args: what `call` takes: frame-rate inputs with `block.context` more frames on either
            side, signals `[1, block.n_samples]` without.

        Returns:
          The signal `[1, block.n_samples]` and the state for the next block.
        """
        raise UserError(f"{self.name}: this processor cannot be run in blocks")


@_register
class Add(Processor):
    """Sum of two signals."""

    def __init__(self, name: str = "add"):
        super().__init__(name=name)

    def get_controls(self, signal_one: Tensor, signal_two: Tensor) -> dict[str, Tensor]:
        """The two signals, `[batch, samples]` each."""
        return {"signal_one": signal_one, "signal_two": signal_two}

    def get_signal(self, signal_one: Tensor, signal_two: Tensor) -> Tensor:
        """Their sum, `[batch, samples]`."""
        return signal_one + signal_two

    def stream(
        self, block: Block, state: Any, signal_one: Tensor, signal_two: Tensor
    ) -> tuple[Tensor, Any]:
        """Their sum, block by block."""
        return signal_one + signal_two, state


@_register
class Crop(Processor):
    """Leaves out the hop of audio that a frame on the end of a centred window makes.

    Args:
      frame_size: samples that are left out, the lower even number.
      crop_location: "back", "front", or "center" for half on either side.
      name: name of the layer.

    Raises:
      UserError: any other place.
    """

    def __init__(self, frame_size: int, crop_location: str = "back", name: str = "crop"):
        super().__init__(name=name)
        if crop_location not in ("back", "front", "center"):
            raise UserError(f"crop_location must be back, front or center, not {crop_location!r}")
        self.size = frame_size // 2 * 2
        self.crop_location = crop_location

    def get_controls(self, audio: Tensor) -> dict[str, Tensor]:
        """The audio, `[batch, samples]`."""
        return {"audio": audio}

    def get_signal(self, audio: Tensor) -> Tensor:
        """What is left, `[batch, samples - frame_size]`."""
        first = {"back": 0, "front": self.size, "center": self.size // 2}[self.crop_location]
        return audio[:, first : first + audio.shape[1] - self.size]

    def stream(self, block: Block, state: Any, audio: Tensor) -> tuple[Tensor, Any]:
        """All of it: features that are streamed have no frame on the end."""
        if self.crop_location != "back":
            raise UserError("Crop: only crop_location = 'back' can be run in blocks")
        return audio, state


@_register
class Mix(Processor):
    """Crossfade of two signals by a frame-rate level."""

    def __init__(self, name: str = "mix"):
        super().__init__(name=name)

    def get_controls(
        self, signal_one: Tensor, signal_two: Tensor, nn_out_mix_level: Tensor
    ) -> dict[str, Tensor]:
        """Signals `[batch, samples]`; level `[batch, frames, 1]`, any real, squashed to (0, 1)."""
        level = core.resample(keras.ops.sigmoid(nn_out_mix_level), signal_one.shape[1])
        return {"signal_one": signal_one, "signal_two": signal_two, "mix_level": level}

    def get_signal(self, signal_one: Tensor, signal_two: Tensor, mix_level: Tensor) -> Tensor:
        """`sqrt(level) * one + sqrt(1 - level) * two`: equal power throughout."""
        level = keras.ops.clip(mix_level[..., 0], 1e-7, 1.0 - 1e-7)
        return keras.ops.sqrt(level) * signal_one + keras.ops.sqrt(1.0 - level) * signal_two


@_register
class LogFrequency(Processor):
    """A frequency that the decoder itself names, on a logarithmic scale between two limits.

    Args:
      min_hz: where the raw output is far below zero.
      max_hz: where it is far above zero.
      name: name of the layer; "NAME/signal" is the frequency.
    """

    def __init__(self, min_hz: float = 32.70, max_hz: float = 2093.0, name: str = "log_frequency"):
        super().__init__(name=name)
        self.min_hz = min_hz
        self.max_hz = max_hz

    def get_controls(self, raw: Tensor) -> dict[str, Tensor]:
        """Raw output `[batch, frames, 1]` to Hz."""
        octaves = math.log2(self.max_hz / self.min_hz)
        return {"f0_hz": self.min_hz * 2.0 ** (octaves * keras.ops.sigmoid(raw))}

    def get_signal(self, f0_hz: Tensor) -> Tensor:
        """The frequency, `[batch, frames, 1]` Hz."""
        return f0_hz

    def stream(self, block: Block, state: Any, raw: Tensor) -> tuple[Tensor, Any]:
        """The frequency of the block's frames and of those around it."""
        return self(raw), state


@_register
class ProcessorGroup(Saved, keras.layers.Layer):
    """Processors in order, each fed by keys of what is there before it.

    Args:
      dag: list of `(processor, [input keys])`. A key is a feature ("amps") or the output of an
        earlier processor ("harmonic/signal", "reverb/controls/ir").
      name: name of the layer.
    """

    def __init__(
        self, dag: Sequence[tuple[Processor, Sequence[str]]], name: str = "processor_group"
    ):
        super().__init__(name=name)
        self.processors = [node[0] for node in dag]
        self.input_keys = [tuple(node[1]) for node in dag]
        names = [processor.name for processor in self.processors]
        if len(set(names)) != len(names):
            raise ValueError(f"processors of a dag need different names: {', '.join(names)}")

    def nodes(self) -> Iterator[tuple[Processor, tuple[str, ...]]]:
        """Pairs of a processor and its input keys, in order."""
        return zip(self.processors, self.input_keys, strict=True)

    def call(
        self, features: Mapping[str, Tensor], return_outputs_dict: bool = False
    ) -> Tensor | dict[str, Any]:
        """Runs the dag; returns the last signal, or all outputs with that one under "out"."""
        outputs = dict(features)
        for processor, keys in self.nodes():
            result = processor(*[look_up(outputs, key) for key in keys], return_outputs_dict=True)
            outputs[processor.name] = result
        outputs["out"] = outputs[self.processors[-1].name]["signal"]
        return outputs if return_outputs_dict else outputs["out"]


def look_up(nested: Mapping[str, Any], path: str) -> Any:
    """Value at "a/b/c" of a nested dict.

    Raises:
      KeyError: with the whole path and the keys that are there.
    """
    value = nested
    for part in path.split("/"):
        if not isinstance(value, dict) or part not in value:
            there = ", ".join(sorted(value)) if isinstance(value, dict) else "nothing below it"
            raise KeyError(f"no {path!r} in the outputs ({part!r} is missing; there is: {there})")
        value = value[part]
    return value
