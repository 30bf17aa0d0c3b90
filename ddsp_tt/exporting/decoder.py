"""What is exported: f0 and loudness in common units in, controls of the synthesisers out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from keras import ops

from audio_tt.errors import UserError
from ddsp_tt.models.gru import Gru
from ddsp_tt.synthesis import synths

# Input of the decoder -> what it is made from, and its unit.
_SOURCES = {
    "f0_scaled": ("f0_hz", "Hz"),
    "ld_scaled": ("loudness_db", "dB"),
    "pw_scaled": ("power_db", "dB"),
    "z": ("z", ""),
}


class StatelessDecoder:
    """A function of some frames and the recurrent state, for block-wise use.

    Args:
      model: an `Autoencoder` with weights.

    Attributes:
      decoder: its `RnnFcDecoder`.
      inputs: {name: (channels, unit)} of the frame-wise inputs, `[1, frames, channels]`.
      outputs: {name: channels} of the controls, in order; `new_state` comes after them.
      state_size: units of the recurrent layer; the state is `[1, state_size]`, zeros at the start.

    Raises:
      UserError: the model has parts that cannot be exported.
    """

    def __init__(self, model: Any):
        self.model = model
        self.decoder = getattr(model, "decoder", None)
        if self.decoder is None:
            raise UserError(f"a {type(model).__name__} has no decoder that could be exported")
        if not isinstance(self.decoder.rnn, Gru):
            raise UserError("only decoders with rnn_type = 'gru' can be exported")
        unknown = [key for key in self.decoder.input_keys if key not in _SOURCES]
        if unknown:
            raise UserError(f"a decoder that reads {unknown[0]} cannot be exported")
        self.state_size = self.decoder.rnn.units
        self.inputs = {}
        for key in sorted(self.decoder.input_keys):
            name, unit = _SOURCES[key]
            self.inputs[name] = (model.encoder.dense_out.units if key == "z" else 1, unit)
        nodes = list(model.processor_group.nodes())
        self.harmonic, self.harmonic_keys = self._only(nodes, synths.Harmonic)
        self.noise, self.noise_keys = self._only(nodes, synths.FilteredNoise)
        sizes = dict(self.decoder.output_splits)
        self.outputs = {
            "amplitudes": 1,
            "harmonic_distribution": sizes[self.harmonic_keys[1]],
            "noise_magnitudes": sizes[self.noise_keys[0]],
        }

    @staticmethod
    def _only(nodes, kind) -> Any:
        found = [node for node in nodes if isinstance(node[0], kind)]
        if len(found) != 1:
            raise UserError(f"only models with one {kind.__name__} can be exported")
        return found[0]

    def source_of(self, key: str) -> str:
        """Name of the exported input from which an input of the decoder is made."""
        return _SOURCES[key][0]

    def __call__(self, features: Mapping[str, Any], state: Any) -> dict[str, Any]:
        """Controls and the new state.

        Args:
          features: {name: `[1, frames, channels]`} for each of `inputs`.
          state: `[1, state_size]`.

        Returns:
          {name: `[1, frames, channels]`} for each of `outputs`, in the range that the synths take
          (`Harmonic.get_controls`, `FilteredNoise.get_controls`), and `new_state`.
        """
        return self.controls(self.model.preprocessor.scale(features), features["f0_hz"], state)

    def controls(self, scaled: Mapping[str, Any], f0_hz: Any, state: Any) -> dict[str, Any]:
        """What a call returns, of features that are scaled to what the decoder reads.

        Args:
          scaled: {key: `[1, frames, channels]`} for each of the decoder's `input_keys`.
          f0_hz: `[1, frames, 1]`.
          state: `[1, state_size]`.
        """
        raw, state = self.decoder.decode(scaled, state)
        raw["f0_hz"] = f0_hz
        harmonic = self.harmonic.get_controls(*[raw[key] for key in self.harmonic_keys])
        noise = self.noise.get_controls(*[raw[key] for key in self.noise_keys])
        return {
            "amplitudes": harmonic["amplitudes"],
            "harmonic_distribution": harmonic["harmonic_distribution"],
            "noise_magnitudes": noise["magnitudes"],
            "new_state": state,
        }

    def example(self, n_frames: int) -> dict[str, np.ndarray]:
        """A glide over six octaves that swells, with a rest: inputs to compare programs by."""
        position = np.linspace(0.0, 1.0, n_frames, dtype="float32")
        values = {
            "f0_hz": 55.0 * 2.0 ** (6.0 * position) * (np.abs(position - 0.5) > 0.05),
            "loudness_db": -80.0 + 80.0 * np.sin(np.pi * position) ** 2,
            "power_db": -70.0 + 60.0 * np.sin(np.pi * position) ** 2,
        }
        features = {}
        for name, (channels, _) in self.inputs.items():
            x = values.get(name)
            if x is None:
                x = np.sin(np.outer(position, np.arange(1, channels + 1)))
            features[name] = np.reshape(x, (1, n_frames, channels)).astype("float32")
        return features

    def expected(self, features: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Controls of all frames of `example` by the model itself, and its last state."""
        state = np.zeros((1, self.state_size), "float32")
        return {
            name: ops.convert_to_numpy(x)
            for name, x in self(features, ops.convert_to_tensor(state)).items()
        }
