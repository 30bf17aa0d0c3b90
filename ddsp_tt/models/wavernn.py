"""WaveRNN on f0 and loudness: the baseline that plays sample by sample.

Kalchbrenner et al. 2018, "Efficient Neural Audio Synthesis", https://arxiv.org/abs/1802.08435: a
recurrent layer reads the sample before and says how likely each value of the next one is. Here it
has one softmax over 8-bit mu-law values, and reads what the DDSP decoder reads. Sizes and the
conditioning are this project's own; those of the baseline in the DDSP paper are not published.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.tensors import Tensor
from ddsp_tt.features.rates import Rates
from ddsp_tt.models import wavernn_samples
from ddsp_tt.models.gru import Gru
from ddsp_tt.models.mu_law import CLASSES, SILENCE, mu_law_classes
from ddsp_tt.models.tracing import SavedModel
from ddsp_tt.synthesis import core

_NOTES = 128  # MIDI
_WARM_UP = 64  # first samples of a crop, which lack their past: not trained on


@gin.register(module="ddsp_tt.models")
class WaveRnn(SavedModel, keras.Model):
    """Samples of audio one after the other, each drawn from a distribution over 256 values.

    Args:
      preprocessor: layer that adds `f0_scaled` and `ld_scaled`.
      rnn_channels: units of the recurrent layer at the sample rate.
      ch: units of the dense layers, and size of the embedding of a sample.
      temperature: of the draws; below 1 the likely becomes likelier.
      sample_rate: Hz.
      name: name of the model.

    Attributes:
      rates: `Rates` of its audio and its frames.
    """

    encoder = None
    crop_frames = None

    def __init__(
        self,
        preprocessor: keras.layers.Layer,
        rnn_channels: int = 128,
        ch: int = 128,
        temperature: float = 1.0,
        sample_rate: int = 16000,
        name: str = "wavernn",
    ):
        super().__init__(name=name)
        self.preprocessor = preprocessor
        self.rates = Rates(sample_rate, preprocessor.frame_rate)
        self.temperature = temperature
        self.conditioner = [
            keras.layers.Dense(ch, activation="relu", name="condition_0"),
            keras.layers.Dense(ch, name="condition_1"),
        ]
        self.embedding = keras.layers.Embedding(CLASSES, ch, name="embedding")
        self.rnn = Gru(rnn_channels, name="rnn")
        self.hidden = keras.layers.Dense(ch, activation="relu", name="hidden")
        self.logits = keras.layers.Dense(CLASSES, name="logits")

    def notes(self, features: Mapping[str, Tensor]) -> Tensor:
        """Pitch as one channel a semitone, `[batch, frames, 128]`, two sharing what lies between.

        From a single number a network would have to learn what a hundredth of it means.
        """
        distance = features["f0_scaled"] * core.F0_RANGE - np.arange(_NOTES, dtype="float32")
        return ops.maximum(1.0 - ops.abs(distance), 0.0)

    def condition(self, features: Mapping[str, Tensor]) -> Tensor:
        """What the recurrent layer reads of f0 and loudness, `[batch, frames, ch]`.

        Args:
          features: as the preprocessor takes them.
        """
        features = self.preprocessor(features)
        x = ops.concatenate([self.notes(features), features["ld_scaled"]], axis=-1)
        for layer in self.conditioner:
            x = layer(x)
        return x

    def render(self, features: Mapping[str, np.ndarray], seed: int = 0) -> Iterator[np.ndarray]:
        """Yields audio of features of any length, see `wavernn_samples.generate`."""
        return wavernn_samples.generate(self, features, seed)

    def resynthesise(self, example: Mapping[str, Any]) -> Tensor:
        """A batch of one prepared example, drawn sample by sample: `[1, samples]`."""
        features = {key: x[0] for key, x in example.items()}
        return np.concatenate(list(self.render(features)))[None]

    def call(self, features: Mapping[str, Tensor], training: bool = False) -> dict[str, Tensor]:
        """Logits of every sample of `features["audio"]` from those before it.

        Args:
          features: as `condition` takes them, and `audio` `[batch, samples]`.
          training: of no consequence.

        Returns:
          dict: `logits` `[batch, samples, 256]` and `classes` `[batch, samples]`, the true ones.
        """
        del training
        classes = mu_law_classes(features["audio"])
        before = ops.pad(classes[:, :-1], ((0, 0), (1, 0)), constant_values=SILENCE)
        condition = core.resample(self.condition(features), classes.shape[1])
        x = self.rnn(self.embedding(before) + condition)
        return {"logits": self.logits(self.hidden(x)), "classes": classes}

    def compute_loss(
        self,
        x: Mapping[str, Tensor] | None = None,
        y: Any = None,
        y_pred: Mapping[str, Tensor] | None = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Tensor:
        """Mean negative log-likelihood of a sample, nats."""
        del x, y, sample_weight, training
        losses = keras.losses.sparse_categorical_crossentropy(
            y_pred["classes"][:, _WARM_UP:], y_pred["logits"][:, _WARM_UP:], from_logits=True
        )
        return ops.mean(losses)
