"""What the tests of several packages share."""

import logging as python_logging

import gin
import numpy as np
import pytest
from absl import logging

PITCHES = (60, 64, 67, 72, 71, 67, 65, 62, 55, 59, 62, 69)  # MIDI numbers
TIMBRES = {  # harmonic roll-off, decay in 1/s, depth of the vibrato
    "plucked": (1.6, 5.0, 0.0),
    "bowed": (0.9, 0.6, 0.006),
}


@pytest.fixture(autouse=True)
def unlocked_settings():
    """Lets a test import modules with settings, whatever was parsed before in this process."""
    with gin.unlock_config():
        yield


@pytest.fixture(autouse=True)
def messages_at_their_level():
    """Undoes what a command that a test runs in this process sets about its messages."""
    root, verbosity = python_logging.getLogger(), logging.get_verbosity()
    level = root.level
    yield
    root.setLevel(level)
    if logging.get_verbosity() != verbosity:  # setting it hides what a test wants to see
        logging.set_verbosity(verbosity)


@pytest.fixture(scope="session")
def melody():
    """The sound that the original systems were measured on: float32 [samples], peak 0.8."""

    def make(timbre, sample_rate, seconds, note_seconds=0.5):
        roll_off, decay, vibrato = TIMBRES[timbre]
        audio = np.zeros(round(sample_rate * seconds))
        for i, pitch in enumerate(PITCHES):
            start = round(i * note_seconds * sample_rate)
            f0_hz = 440.0 * 2.0 ** ((pitch - 69) / 12.0)
            t = np.arange(min(len(audio) - start, int(note_seconds * sample_rate))) / sample_rate
            if not len(t):
                break
            wobble = vibrato / (2 * np.pi * 5.5) * (np.cos(2 * np.pi * 5.5 * t) - 1)
            phase = 2 * np.pi * f0_hz * (t - wobble)
            envelope = np.minimum(t / 0.02, 1) * np.exp(-decay * t)
            envelope = envelope * np.minimum((t[-1] - t) / 0.03 + 1e-9, 1)
            for k in range(1, 13):
                if k * f0_hz * (1 + vibrato) < 0.45 * sample_rate:
                    audio[start : start + len(t)] += k**-roll_off * envelope * np.sin(k * phase)
        return (0.8 * audio / np.abs(audio).max()).astype(np.float32)

    return make
