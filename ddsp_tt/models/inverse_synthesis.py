"""Audio to sinusoids and noise, from there to harmonics of one pitch, and back to audio."""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.features.rates import Rates
from ddsp_tt.models import rendering
from ddsp_tt.models.tracing import SavedModel
from ddsp_tt.synthesis import core, processors, synths


@gin.register(module="ddsp_tt.models")
class InverseSynthesis(SavedModel, keras.Model):
    """Reads audio alone and plays it again; Magenta's model of the same name, experimental there.

    The sinusoids learn from the audio. The harmonics learn from the audio and from the sinusoids,
    which they do not change where `stop_gradient` is set.

    Args:
      sinusoidal_encoder: layer from `{"audio": ...}` to raw `frequencies`, `amplitudes` and
        `noise_magnitudes`.
      harmonic_encoder: layer from sinusoids to harmonics; None plays the sinusoids.
      losses: of `(audio, what is played)`, for the sinusoids and again for the harmonics.
      sinusoidal_consistency_losses: of the sinusoids against the harmonics.
      freq_scale_fn: raw outputs to Hz; None is `core.frequencies_softmax` of depth 64.
      reverb: must be False: there is no room to learn from single windows.
      n_samples: length of a window: of what it trains on, and of what it hears at once.
      sample_rate: Hz.
      stop_gradient: see above.
      initial_bias: added to raw amplitudes and noise magnitudes, so that an untrained model is
        quiet; 0 as the original, where the sum of its sinusoids starts far too loud.
      spread_frequencies: start with the sinusoids one after the other from the lowest frequency to
        the highest, of `core.frequencies_softmax`. As in the original, all start together in the
        middle, from where a spectral loss alone does not part them.
      frame_rate: of the prepared data, whose features it does not read.
      name: name of the model.

    Attributes:
      rates: `Rates` of audio and prepared data.
      crop_frames: `n_samples` in frames of the prepared data.

    Raises:
      UserError: `reverb` is set.
    """

    preprocessor = encoder = None

    def __init__(
        self,
        sinusoidal_encoder: keras.layers.Layer | None = None,
        harmonic_encoder: keras.layers.Layer | None = None,
        losses: Sequence[Callable] | None = None,
        sinusoidal_consistency_losses: Sequence[Callable] | None = None,
        freq_scale_fn: Callable | None = None,
        reverb: bool = False,
        n_samples: int = 64000,
        sample_rate: int = 16000,
        stop_gradient: bool = True,
        initial_bias: float = 0.0,
        spread_frequencies: bool = False,
        frame_rate: float = 250,
        name: str = "inverse_synthesis",
    ):
        super().__init__(name=name)
        if reverb:
            raise UserError("InverseSynthesis.reverb: only False is known here")
        self.sinusoidal_encoder = sinusoidal_encoder
        self.harmonic_encoder = harmonic_encoder
        self.freq_scale_fn = core.resolved(
            freq_scale_fn or functools.partial(core.frequencies_softmax, depth=64)
        )
        self.stop_gradient = stop_gradient
        self.initial_bias = initial_bias
        self.spread_frequencies = spread_frequencies
        self.n_samples = n_samples
        self.rates = Rates(sample_rate, frame_rate)
        self.crop_frames = n_samples // self.rates.hop_length
        self.processor_group = processors.ProcessorGroup(
            [
                (
                    synths.Sinusoidal(
                        n_samples, sample_rate, amp_scale_fn=None, freq_scale_fn=None
                    ),
                    ["amplitudes", "frequencies"],
                ),
                (
                    synths.FilteredNoise(n_samples, window_size=0, scale_fn=None),
                    ["noise_magnitudes"],
                ),
                (processors.Add(), ["filtered_noise/signal", "sinusoidal/signal"]),
            ]
        )
        self.loss_objs = _as_list(losses)
        self.consistency_losses = _as_list(sinusoidal_consistency_losses)
        names = [f"sin_{loss.name}" for loss in self.loss_objs]
        if harmonic_encoder is not None:
            names += [f"harm_{loss.name}" for loss in self.loss_objs]
            names += [loss.name for loss in self.consistency_losses]
        self.loss_trackers = [keras.metrics.Mean(name=name) for name in names]

    def analyse(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """All controls, `[batch, frames, channels]`, of `features["audio"]`, without sound.

        Returns:
          dict: `sin_freqs` (Hz), `sin_amps`, `noise_magnitudes`; with a harmonic encoder also
          `harm_amp`, `harm_dist`, `f0_hz`, and the same as sinusoids, `harm_freqs`, `harm_amps`.
        """
        raw = self.sinusoidal_encoder(features)
        raw = {key: ops.cast(x, "float32") for key, x in raw.items()}  # hertz need all of it
        frequencies = raw["frequencies"]
        if self.spread_frequencies:
            frequencies = frequencies + _peaks(raw["amplitudes"].shape[-1], frequencies.shape[-1])
        controls = {
            "sin_freqs": self.freq_scale_fn(frequencies),
            "sin_amps": core.exp_sigmoid(raw["amplitudes"] + self.initial_bias),
            "noise_magnitudes": core.exp_sigmoid(raw["noise_magnitudes"] + self.initial_bias),
        }
        n_frames = controls["sin_amps"].shape[1]
        if self.n_samples % n_frames:
            raise UserError(
                f"InverseSynthesis.n_samples = {self.n_samples} is no whole number of the "
                f"spectrum's hops ({n_frames} frames)"
            )
        if self.harmonic_encoder is not None:
            harmonic = self.harmonic_encoder(
                self._detached(controls["sin_freqs"]), self._detached(controls["sin_amps"])
            )
            n_harmonics = harmonic["harm_dist"].shape[-1]
            controls |= {
                **harmonic,
                "harm_freqs": core.get_harmonic_frequencies(harmonic["f0_hz"], n_harmonics),
                "harm_amps": harmonic["harm_amp"] * harmonic["harm_dist"],
            }
        return controls

    def _detached(self, x):
        """What comes from the sinusoids, as the harmonics see it."""
        return ops.stop_gradient(x) if self.stop_gradient else x

    def played(self, controls: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Of what `analyse` made, the inputs of the processor group for the model's own sound."""
        kind = "sin" if self.harmonic_encoder is None else "harm"
        return {
            "frequencies": controls[f"{kind}_freqs"],
            "amplitudes": controls[f"{kind}_amps"],
            "noise_magnitudes": controls["noise_magnitudes"],
        }

    def call(self, features: Mapping[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        """Controls as `analyse`, `sin_audio` and, with a harmonic encoder, `harm_audio`.

        Args:
          features: `audio` `[batch, n_samples]`.
          training: of no consequence.

        Returns:
          dict; the last of the two, `[batch, n_samples]`, is under "audio_synth" as well.
        """
        del training
        controls = self.analyse(features)
        noise = controls["noise_magnitudes"]
        sinusoids = {"frequencies": controls["sin_freqs"], "amplitudes": controls["sin_amps"]}
        outputs = {
            **controls,
            "sin_audio": self.processor_group({**sinusoids, "noise_magnitudes": noise}),
        }
        outputs["audio_synth"] = outputs["sin_audio"]
        if self.harmonic_encoder is not None:
            inputs = {**self.played(controls), "noise_magnitudes": self._detached(noise)}
            outputs["harm_audio"] = self.processor_group(inputs)
            outputs["audio_synth"] = outputs["harm_audio"]
        return outputs

    def render(self, features: Mapping[str, np.ndarray], seed: int = 0) -> Iterator[np.ndarray]:
        """Yields audio of a recording of any length, see `rendering.render_audio`.

        Args:
          features: dict with `audio` `[samples]`.
          seed: of the noise.
        """
        return rendering.render_audio(self, features["audio"], seed)

    def resynthesise(self, example: Mapping[str, Any]) -> Tensor:
        """A batch of windows as it plays them, `[batch, n_samples]`."""
        return self(example)["audio_synth"]

    def compute_loss(
        self,
        x: Mapping[str, Tensor] | None = None,
        y: Any = None,
        y_pred: Mapping[str, Tensor] | None = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """Sum of all losses."""
        del y, sample_weight, training
        values = [loss(x["audio"], y_pred["sin_audio"]) for loss in self.loss_objs]
        if self.harmonic_encoder is not None:
            values += [loss(x["audio"], y_pred["harm_audio"]) for loss in self.loss_objs]
            sinusoids = [self._detached(y_pred[key]) for key in ("sin_amps", "sin_freqs")]
            harmonics = [y_pred[key] for key in ("harm_amps", "harm_freqs")]
            values += [loss(*sinusoids, *harmonics) for loss in self.consistency_losses]
        for value, tracker in zip(values, self.loss_trackers, strict=True):
            tracker.update_state(value)
        return sum(values)


def _peaks(n_sinusoids, channels):
    """Raw frequencies `[channels]` of which each sinusoid's have a peak at a place of their own."""
    depth = channels // n_sinusoids
    place = (np.arange(n_sinusoids)[:, None] + 0.5) / n_sinusoids * (depth - 1)
    return (-0.5 * ((np.arange(depth) - place) / 2.0) ** 2).astype("float32").ravel()


def _as_list(x):
    return list(x) if isinstance(x, list | tuple) else [] if x is None else [x]
