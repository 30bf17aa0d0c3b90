"""From f0 and loudness as measured to what the decoder reads."""

from collections.abc import Mapping

import gin
import keras
from keras import ops

from audio_tt.dsp.loudness import compute_power
from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from ddsp_tt.features import loudness_scales
from ddsp_tt.features.rates import MEASURING_RATE, measuring_audio
from ddsp_tt.synthesis import core
from ddsp_tt.synthesis.saving import Saved

_AUDIO = {"audio", "audio_16k"}


@gin.register(module="ddsp_tt.preprocessing")
class F0LoudnessPreprocessor(Saved, keras.layers.Layer):
    """Resamples f0 and loudness to the decoder's frames and scales them to about [0, 1].

    Args:
      time_steps: frames of the decoder; None keeps the frames that come in, whatever their number.
      frame_rate: frames a second.
      sample_rate: at which loudness is measured: 16000 Hz, like that of the data sets.
      compute_loudness: measure loudness from the audio even where `loudness_db` is given.
      loudness_convention: "ddsp3", or "ddsp1" of the checkpoints from before DDSP 2.0; see
        `ddsp_tt.features.loudness_scales`.
      name: name of the layer.

    Raises:
      UserError: another `sample_rate`.
    """

    inputs = ("f0_hz", "loudness_db")
    extra_frames = 0
    power_window_length = None

    def __init__(
        self,
        time_steps: int | None = 1000,
        frame_rate: float = 250,
        sample_rate: int = 16000,
        compute_loudness: bool = True,
        loudness_convention: str = loudness_scales.DEFAULT,
        name: str = "f0_loudness_preprocessor",
    ):
        super().__init__(name=name)
        if sample_rate != MEASURING_RATE:
            raise UserError(
                f"F0LoudnessPreprocessor.sample_rate = {sample_rate}: loudness is measured on a "
                f"copy at {MEASURING_RATE} Hz, whatever the rate of the audio; leave it out"
            )
        self.time_steps = time_steps
        self.frame_rate = frame_rate
        self.sample_rate = sample_rate
        self.compute_loudness = compute_loudness
        self.loudness_convention = loudness_convention
        self._loudness = loudness_scales.get(loudness_convention)

    def call(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Adds `f0_scaled` and `ld_scaled` to the features.

        Args:
          features: `f0_hz` `[batch, frames]` or `[batch, frames, 1]`; `loudness_db` likewise, or
            `audio_16k`, or `audio` where that is at 16 kHz, `[batch, samples]`.

        Returns:
          A new dict; `f0_hz`, `loudness_db`, `f0_scaled`, `ld_scaled` are `[batch, frames, 1]`.
        """
        features = dict(features)
        if self.compute_loudness and not features.keys().isdisjoint(_AUDIO):
            features["loudness_db"] = self._loudness.measure(
                measuring_audio(features), self.sample_rate, self.frame_rate
            )
        for key in ("f0_hz", "loudness_db"):
            x = ops.convert_to_tensor(features[key])
            x = x[..., None] if len(x.shape) == 2 else x
            features[key] = core.resample(x, self.time_steps) if self.time_steps else x
        return self.scale(features)

    def scale(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Adds `f0_scaled` and `ld_scaled` to features whose frames are the decoder's already."""
        return {
            **features,
            "f0_scaled": core.scale_f0_hz(features["f0_hz"]),
            "ld_scaled": core.scale_db(features["loudness_db"], self._loudness.range_db),
        }


@gin.register(module="ddsp_tt.preprocessing")
class OnlineF0PowerPreprocessor(Saved, keras.layers.Layer):
    """Power measured from the audio, and f0 as it is given: what Magenta's plug-in models read.

    Args:
      frame_rate: frames a second.
      frame_size: samples at 16 kHz in a window of power.
      padding: "center": frame i is centred on the start of hop i, and one more frame on the end.
      compute_power: measure power even where `power_db` is given.
      compute_f0: must be False: f0 comes with the features.
      crepe_saved_model_path: kept for Magenta's gin files.
      viterbi: kept for Magenta's gin files.
      name: name of the layer.

    Raises:
      UserError: a setting that is not as above.
    """

    inputs = ("f0_hz", "power_db")
    loudness_convention = loudness_scales.DEFAULT

    def __init__(
        self,
        frame_rate: float = 250,
        frame_size: int = 1024,
        padding: str = "center",
        compute_power: bool = True,
        compute_f0: bool = True,
        crepe_saved_model_path: str | None = "full",
        viterbi: bool = False,
        name: str = "online_f0_power_preprocessor",
    ):
        super().__init__(name=name)
        del crepe_saved_model_path, viterbi
        if compute_f0 or padding != "center":
            raise UserError(
                "OnlineF0PowerPreprocessor: f0 comes with the prepared data and power is measured "
                "around each frame, so set compute_f0 = False and padding = 'center'"
            )
        self.frame_rate = frame_rate
        self.power_window_length = frame_size
        self.compute_power = compute_power
        self.extra_frames = int(compute_power)

    def call(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Adds `f0_scaled` and `pw_scaled` to the features.

        Args:
          features: `f0_hz` `[batch, frames]` or `[batch, frames, 1]`, and `audio_16k`, or `audio`
            where that is at 16 kHz, `[batch, samples]`, or `power_db` like `f0_hz`.

        Returns:
          A new dict; `f0_hz`, `power_db`, `f0_scaled`, `pw_scaled` are `[batch, frames, 1]`. Where
          power was measured there is one frame more than the audio has hops, for which f0 is held.
        """
        features = dict(features)
        if self.compute_power and not features.keys().isdisjoint(_AUDIO):
            features["power_db"] = compute_power(
                measuring_audio(features),
                MEASURING_RATE,
                self.frame_rate,
                self.power_window_length,
            )
        for key in self.inputs:
            x = ops.convert_to_tensor(features[key])
            features[key] = x[..., None] if len(x.shape) == 2 else x
        f0_hz, n_frames = features["f0_hz"], features["power_db"].shape[1]
        if n_frames - f0_hz.shape[1] not in (0, 1):
            raise ValueError(f"f0 has {f0_hz.shape[1]} frames where power has {n_frames}")
        features["f0_hz"] = ops.concatenate([f0_hz, f0_hz[:, -1:]], axis=1)[:, :n_frames]
        return self.scale(features)

    def scale(self, features: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Adds `f0_scaled` and `pw_scaled` to features whose frames are the decoder's already."""
        return {
            **features,
            "f0_scaled": core.scale_f0_hz(features["f0_hz"]),
            "pw_scaled": core.scale_db(features["power_db"]),
        }
