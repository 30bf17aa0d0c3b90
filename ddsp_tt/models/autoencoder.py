"""The DDSP autoencoder: features -> decoder -> synthesisers -> audio."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.features.rates import DEFAULT_RATES, MEASURING_RATE, Rates, rates_of_frames
from ddsp_tt.models import rendering
from ddsp_tt.models.tracing import SavedModel
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.processors import ProcessorGroup


@gin.register(module="ddsp_tt.models")
class Autoencoder(SavedModel, keras.Model):
    """Preprocessor, encoder (or none), decoder and processor group in a row.

    Args:
      preprocessor: layer that adds the scaled features, or None.
      encoder: layer that adds `z`, or None.
      decoder: layer from features to raw synthesiser inputs.
      processor_group: `ProcessorGroup` that makes the audio.
      losses: losses of `(audio, audio_synth)`; `fit` minimises their sum.
      name: name of the model.

    Attributes:
      rates: `Rates` of its audio and its frames, as synthesisers and preprocessor have them.
      crop_frames: frames of audio that a model made for one length takes; None for any length.

    Raises:
      UserError: the parts have rates that do not go together.
    """

    def __init__(
        self,
        preprocessor: keras.layers.Layer | None = None,
        encoder: keras.layers.Layer | None = None,
        decoder: keras.layers.Layer | None = None,
        processor_group: ProcessorGroup | None = None,
        losses: Sequence[Callable] | None = None,
        name: str = "autoencoder",
    ):
        super().__init__(name=name)
        self.preprocessor = preprocessor
        self.encoder = encoder
        self.decoder = decoder
        self.processor_group = processor_group
        processors = getattr(processor_group, "processors", ())
        self.rates = _rates_of(preprocessor, processors)
        lengths = [x.n_samples for x in processors if getattr(x, "n_samples", None)]
        extra_frames = getattr(preprocessor, "extra_frames", 0)
        self.crop_frames = lengths[0] // self.rates.hop_length - extra_frames if lengths else None
        self.loss_objs = list(losses or [])
        self.loss_trackers = [keras.metrics.Mean(name=loss.name) for loss in self.loss_objs]

    def encode(self, features: Mapping[str, Tensor], training: bool = False) -> dict[str, Any]:
        """Features with the scaled ones, and `z` where there is an encoder."""
        features = dict(features)
        if self.preprocessor is not None:
            features = self.preprocessor(features)
        if self.encoder is not None:
            features.update(self.encoder(features, training=training))
        return features

    def call(self, features: Mapping[str, Tensor], training: bool = False) -> dict[str, Any]:
        """All outputs as a nested dict, with the audio `[batch, samples]` under "audio_synth"."""
        features = self.encode(features, training)
        features.update(self.decoder(features))
        outputs = self.processor_group(features, return_outputs_dict=True)
        outputs["audio_synth"] = outputs["out"]
        return outputs

    def render(self, features: Mapping[str, np.ndarray], seed: int = 0) -> Iterator[np.ndarray]:
        """Yields audio of features of any length, see `rendering.render`."""
        return rendering.render(self, features, seed)

    def resynthesise(self, example: Mapping[str, Any]) -> Tensor:
        """A batch of prepared examples as it plays them, `[batch, samples]`."""
        return self(example)["audio_synth"]

    def compute_loss(
        self,
        x: Mapping[str, Tensor] | None = None,
        y: Any = None,
        y_pred: Mapping[str, Tensor] | None = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """Sum of the losses of the synthesised against the given audio.

        Where `x` has a `frame_weight` `[batch, frames]`, both are faded by it first, and the losses
        are those of as much audio as is left.
        """
        del y, sample_weight, training
        target, audio, share = x["audio"], y_pred["audio_synth"], 1.0
        if "frame_weight" in x:
            fade = core.resample(x["frame_weight"], target.shape[1])
            target, audio = target * fade, audio * fade
            share = ops.maximum(ops.mean(fade), 1e-3)
        total = 0.0
        for loss, tracker in zip(self.loss_objs, self.loss_trackers, strict=True):
            value = loss(target, audio) / share
            tracker.update_state(value)
            total = total + value
        return total


def _rates_of(preprocessor, processors):
    sample_rates = [x.sample_rate for x in processors if hasattr(x, "sample_rate")]
    lengths = [x.n_samples for x in processors if getattr(x, "n_samples", None)]
    sample_rate = next(iter(sample_rates), MEASURING_RATE)
    frame_rate = getattr(preprocessor, "frame_rate", DEFAULT_RATES.frame_rate)
    n_frames = getattr(preprocessor, "time_steps", None)
    if n_frames and lengths and sample_rate % frame_rate and lengths[0] % n_frames == 0:
        rates = rates_of_frames(sample_rate, frame_rate, lengths[0] // n_frames)
    else:
        rates = Rates(sample_rate, frame_rate)
    for processor in processors:
        if getattr(processor, "n_samples", 0) is None:
            hop_length = processor.samples_per_frame
            if hop_length != rates.hop_length:
                raise UserError(
                    f"{processor.name} makes {hop_length} samples a frame, but {rates} are "
                    f"{rates.hop_length}: set sample_rate, frame_rate and samples_per_frame"
                )
    return rates


@gin.configurable(module="ddsp_tt.models")
def get_model(model: keras.Model = gin.REQUIRED) -> keras.Model:
    """The model that gin names: `get_model.model = @models.Autoencoder()`.

    Raises:
      UserError: gin names one that is not known here.
    """
    if model is None:
        raise UserError("the settings name no model that is known here (get_model.model)")
    return model
