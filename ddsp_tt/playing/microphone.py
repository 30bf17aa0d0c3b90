"""Recording from the computer's microphone."""

from types import ModuleType

import numpy as np
from absl import logging

from audio_tt.errors import UserError


def sound_card() -> ModuleType:
    """The module sounddevice, which reaches microphone and loudspeaker.

    Raises:
      UserError: it or the system's PortAudio is not installed.
    """
    try:
        import sounddevice
    except ImportError as error:
        raise UserError("recording takes sounddevice; pip install sounddevice") from error
    except OSError as error:
        raise UserError(
            "recording takes the system's PortAudio; install libportaudio2 (Debian, Ubuntu) or "
            "portaudio (Homebrew)"
        ) from error
    return sounddevice


def record(seconds: float, sample_rate: int) -> np.ndarray:
    """Records from the default input of the system.

    Args:
      seconds: how long.
      sample_rate: Hz.

    Returns:
      float32 `[samples]`.

    Raises:
      UserError: as `sound_card`, or there is no microphone.
    """
    sounddevice = sound_card()
    logging.info("recording %g seconds", seconds)
    try:
        audio = sounddevice.rec(
            round(seconds * sample_rate), sample_rate, channels=1, dtype="float32", blocking=True
        )
    except sounddevice.PortAudioError as error:
        raise UserError(f"the system has no microphone that records ({error.args[0]})") from error
    return audio[:, 0]
