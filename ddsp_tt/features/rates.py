"""How many samples and frames a second a data set or a model has."""

import dataclasses
from typing import Any

from audio_tt.errors import UserError

MEASURING_RATE = 16000  # Hz; pitch and loudness are measured on a copy at this rate


@dataclasses.dataclass(frozen=True)
class Rates:
    """Samples and frames a second.

    Attributes:
      sample_rate: of the audio, Hz.
      frame_rate: of f0, loudness and power, frames a second.

    Raises:
      UserError: a frame would not be a whole number of samples, here or at 16 kHz.
    """

    sample_rate: int = MEASURING_RATE
    frame_rate: int = 250

    def __post_init__(self):
        for sample_rate in (self.sample_rate, MEASURING_RATE):
            if self.frame_rate <= 0 or sample_rate <= 0 or sample_rate % self.frame_rate:
                raise UserError(
                    f"{self.frame_rate} frames a second do not divide {sample_rate} Hz evenly; "
                    "for 44100 Hz take 100 or 50, for 16000, 32000 and 48000 Hz 250, 100 or 50"
                )

    @property
    def hop_length(self):
        """Samples a frame."""
        return self.sample_rate // self.frame_rate

    @property
    def measuring_hop_length(self):
        """Samples a frame of the copy at 16 kHz."""
        return MEASURING_RATE // self.frame_rate

    def __str__(self):
        return f"{self.sample_rate} Hz and {self.frame_rate} frames a second"


DEFAULT_RATES = Rates()


def measuring_audio(features: dict) -> Any:
    """The audio at 16 kHz of features: `audio_16k`, or `audio` where that is at 16 kHz."""
    return features["audio_16k"] if "audio_16k" in features else features["audio"]
