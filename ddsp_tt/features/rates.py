"""How many samples and frames a second a data set or a model has."""

import dataclasses
from typing import Any

import numpy as np

from audio_tt.errors import UserError

MEASURING_RATE = 16000  # Hz; pitch and loudness are measured on a copy at this rate
_MEASURED = ("f0_hz", "f0_confidence", "loudness_db", "power_db")


@dataclasses.dataclass(frozen=True)
class Rates:
    """Samples and frames a second.

    Attributes:
      sample_rate: of the audio, Hz.
      frame_rate: of f0, loudness and power as they are measured, frames a second.
      samples_per_frame: of a decoder whose frames are others than those, as in models of Magenta's
        at 44.1 kHz; None where they are the same.

    Raises:
      UserError: a frame would not be a whole number of samples, here or at 16 kHz.
    """

    sample_rate: int = MEASURING_RATE
    frame_rate: int = 250
    samples_per_frame: int | None = None

    def __post_init__(self):
        sample_rates = () if self.samples_per_frame else (self.sample_rate,)
        for sample_rate in (*sample_rates, MEASURING_RATE):
            if self.frame_rate <= 0 or sample_rate <= 0 or sample_rate % self.frame_rate:
                raise UserError(
                    f"{self.frame_rate} frames a second do not divide {sample_rate} Hz evenly; "
                    "for 44100 Hz take 100 or 50, for 16000, 32000 and 48000 Hz 250, 100 or 50"
                )

    @property
    def hop_length(self) -> int:
        """Samples a frame of the decoder."""
        return self.samples_per_frame or self.sample_rate // self.frame_rate

    @property
    def decoder_frame_rate(self) -> float:
        """Frames of the decoder a second; no whole number where they are not the measured ones."""
        own = self.samples_per_frame
        return self.sample_rate / own if own else self.frame_rate

    @property
    def measuring_hop_length(self) -> int:
        """Samples a frame of the copy at 16 kHz."""
        return MEASURING_RATE // self.frame_rate

    def of_data(self) -> dict[str, float]:
        """What prepared data say of them: a dict of `sample_rate` and `frame_rate`."""
        return {"sample_rate": self.sample_rate, "frame_rate": self.frame_rate}

    def frames_of(self, n_samples: int) -> int:
        """Measured frames that audio of so many samples has, at least one."""
        return max(-(-n_samples * self.frame_rate // self.sample_rate), 1)

    def samples_of(self, n_frames: int) -> int:
        """Samples that so many measured frames are of."""
        return -(-n_frames * self.sample_rate // self.frame_rate)

    def for_decoder(self, features: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Measured features at the decoder's frames.

        Args:
          features: dict of `[frames]` with `f0_hz`, and whatever else.

        Returns:
          The same dict where the frames are the decoder's. Else pitch, levels and confidence come
          linearly from the frames on either side, pitch from the nearer one beside frames without.
        """
        if not self.samples_per_frame:
            return features
        n_frames = len(features["f0_hz"])
        n_wanted = -(-self.samples_of(n_frames) // self.hop_length)
        place = np.arange(n_wanted) * (self.frame_rate * self.hop_length / self.sample_rate)
        place = np.minimum(place, n_frames - 1)
        before, after, nearest = (f(place).astype(int) for f in (np.floor, np.ceil, np.round))
        moved = {
            key: np.interp(place, np.arange(n_frames), features[key]).astype("float32")
            for key in _MEASURED
            if key in features
        }
        f0_hz = features["f0_hz"]
        voiced = (f0_hz[before] > 0) & (f0_hz[after] > 0)
        moved["f0_hz"] = np.where(voiced, moved["f0_hz"], f0_hz[nearest])
        return {**features, **moved}

    def __str__(self):
        return f"{self.sample_rate} Hz and {self.frame_rate} frames a second"


DEFAULT_RATES = Rates()


def rates_of_frames(sample_rate: int, frame_rate: float, samples_per_frame: int) -> Rates:
    """Rates of a decoder whose frames have so many samples, whatever frame rate is stated for it.

    Args:
      sample_rate: Hz.
      frame_rate: as stated: features are measured so if they can be, where the decoder's own frames
        cannot be measured.
      samples_per_frame: of the decoder.
    """
    own = sample_rate // samples_per_frame
    if sample_rate % samples_per_frame == 0 and MEASURING_RATE % own == 0:
        return Rates(sample_rate, own)
    is_measured = frame_rate > 0 and MEASURING_RATE % frame_rate == 0
    return Rates(
        sample_rate, frame_rate if is_measured else DEFAULT_RATES.frame_rate, samples_per_frame
    )


def measuring_audio(features: dict) -> Any:
    """The audio at 16 kHz of features: `audio_16k`, or `audio` where that is at 16 kHz."""
    return features["audio_16k"] if "audio_16k" in features else features["audio"]
