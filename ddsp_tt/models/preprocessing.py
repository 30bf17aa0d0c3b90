"""From f0 and loudness as measured to what the decoder reads."""

import gin
import keras
from keras import ops

from ddsp_tt import conventions, core


@gin.register(module="ddsp_tt.preprocessing")
class F0LoudnessPreprocessor(keras.layers.Layer):
    """Resamples f0 and loudness to the decoder's frames and scales them to about [0, 1].

    Args:
      time_steps: frames of the decoder; None keeps the frames that come in, whatever their number.
      frame_rate: frames a second.
      sample_rate: Hz.
      compute_loudness: measure loudness from `features["audio"]` even where `loudness_db` is given.
      loudness_convention: "ddsp3", or "ddsp1" of the checkpoints from before DDSP 2.0; see
        `ddsp_tt.conventions`.
      name: name of the layer.
    """

    def __init__(
        self,
        time_steps=1000,
        frame_rate=250,
        sample_rate=16000,
        compute_loudness=True,
        loudness_convention=conventions.DEFAULT,
        name="f0_loudness_preprocessor",
    ):
        super().__init__(name=name)
        self.time_steps = time_steps
        self.frame_rate = frame_rate
        self.sample_rate = sample_rate
        self.compute_loudness = compute_loudness
        self.loudness_convention = loudness_convention
        self._loudness = conventions.get(loudness_convention)

    def call(self, features):
        """Adds `f0_scaled` and `ld_scaled` to the features.

        Args:
          features: `f0_hz` `[batch, frames]` or `[batch, frames, 1]`; `loudness_db` likewise, or
            `audio` `[batch, samples]`.

        Returns:
          A new dict; `f0_hz`, `loudness_db`, `f0_scaled`, `ld_scaled` are `[batch, frames, 1]`.
        """
        features = dict(features)
        if self.compute_loudness and "audio" in features:
            features["loudness_db"] = self._loudness.measure(
                features["audio"], self.sample_rate, self.frame_rate
            )
        for key in ("f0_hz", "loudness_db"):
            x = ops.convert_to_tensor(features[key])
            x = x[..., None] if len(x.shape) == 2 else x
            features[key] = core.resample(x, self.time_steps) if self.time_steps else x
        return self.scale(features)

    def scale(self, features):
        """Adds `f0_scaled` and `ld_scaled` to features whose frames are the decoder's already."""
        return {
            **features,
            "f0_scaled": core.scale_f0_hz(features["f0_hz"]),
            "ld_scaled": core.scale_db(features["loudness_db"], self._loudness.range_db),
        }
