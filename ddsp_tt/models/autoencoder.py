"""The DDSP autoencoder: features -> decoder -> synthesisers -> audio."""

import gin
import keras


@gin.register(module="ddsp_tt.models")
class Autoencoder(keras.Model):
    """Preprocessor, encoder (or none), decoder and processor group in a row.

    Args:
      preprocessor: layer that adds the scaled features, or None.
      encoder: layer that adds `z`, or None.
      decoder: layer from features to raw synthesiser inputs.
      processor_group: `ProcessorGroup` that makes the audio.
      losses: losses of `(audio, audio_synth)`; `fit` minimises their sum.
      name: name of the model.
    """

    def __init__(
        self,
        preprocessor=None,
        encoder=None,
        decoder=None,
        processor_group=None,
        losses=None,
        name="autoencoder",
    ):
        super().__init__(name=name)
        self.preprocessor = preprocessor
        self.encoder = encoder
        self.decoder = decoder
        self.processor_group = processor_group
        self.loss_objs = list(losses or [])
        self.loss_trackers = [keras.metrics.Mean(name=loss.name) for loss in self.loss_objs]

    def encode(self, features):
        """Features with the scaled ones, and `z` where there is an encoder."""
        features = dict(features)
        if self.preprocessor is not None:
            features = self.preprocessor(features)
        if self.encoder is not None:
            features.update(self.encoder(features))
        return features

    def call(self, features, training=False):
        """All outputs as a nested dict, with the audio `[batch, samples]` under "audio_synth"."""
        del training
        features = self.encode(features)
        features.update(self.decoder(features))
        outputs = self.processor_group(features, return_outputs_dict=True)
        outputs["audio_synth"] = outputs["out"]
        return outputs

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """Sum of the losses of the synthesised against the given audio."""
        del y, sample_weight, training
        total = 0.0
        for loss, tracker in zip(self.loss_objs, self.loss_trackers, strict=True):
            value = loss(x["audio"], y_pred["audio_synth"])
            tracker.update_state(value)
            total = total + value
        return total


@gin.configurable(module="ddsp_tt.models")
def get_model(model=gin.REQUIRED):
    """The model that gin names: `get_model.model = @models.Autoencoder()`."""
    return model
