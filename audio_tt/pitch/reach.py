"""What to say of a recording in which no pitch was found."""

import numpy as np

from audio_tt.pitch.salience import HIGHEST_HZ, LOWEST_HZ

_LOUDEST_SAMPLES = 65536  # that are looked at


def why_not_heard(audio: np.ndarray, sample_rate: int) -> str:
    """Whether what sounds is too high or too low to be heard as a pitch.

    Args:
      audio: `[samples]`, finite.
      sample_rate: Hz.

    Returns:
      A clause that begins with a semicolon, or "" where most of the power lies where pitches do.
    """
    if not len(audio):
        return ""
    first = max(int(np.abs(audio).argmax()) - _LOUDEST_SAMPLES // 2, 0)
    piece = audio[first : first + _LOUDEST_SAMPLES]
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
    hz = np.fft.rfftfreq(len(piece), 1.0 / sample_rate)
    for side, edge, beyond in (
        ("above", HIGHEST_HZ, hz > HIGHEST_HZ),
        ("below", LOWEST_HZ, hz < LOWEST_HZ),
    ):
        if power[beyond].sum() > 0.5 * power.sum():
            return f"; what sounds lies {side} {edge:.0f} Hz, where no pitch is looked for"
    return ""
