"""Recordings as other rooms and devices sound."""

import dataclasses
import io
from collections.abc import Sequence

import gin
import numpy as np

from audio_tt.dsp.units import db_to_amplitude

CODECS = {"mp3": ("MP3", "MPEG_LAYER_III"), "ogg": ("OGG", "VORBIS")}
_BLOCK_SIZE = 16384  # samples


@gin.configurable(module="audio_tt.music")
@dataclasses.dataclass(frozen=True)
class Surroundings:
    """How recordings of one instrument differ from each other in level, colour and room.

    Attributes:
        level_db: the range of the level.
        equaliser_db: the most that a band is raised or lowered.
        reverb: how often there is a room to be heard, 0..1.
        reverb_seconds: the range of its reverberation time, in which it falls by 60 dB.
        reverb_db: the range of its level, relative to the direct sound.
    """

    level_db: tuple[float, float] = (-9.0, 0.0)
    equaliser_db: float = 3.0
    reverb: float = 0.5
    reverb_seconds: tuple[float, float] = (0.15, 0.6)
    reverb_db: tuple[float, float] = (-24.0, -10.0)

    def place(self, audio: np.ndarray, sample_rate: int, random: np.random.Generator) -> np.ndarray:
        """Puts a dry recording into surroundings drawn at random.

        Args:
            audio: `[samples]`.
            sample_rate: Hz.
            random: draws them.

        Returns:
            float32 `[samples]`, in time with it.
        """
        low, middle, high = random.uniform(-self.equaliser_db, self.equaliser_db, 3)
        bands = [("low", 250.0, low), ("peak", 1200.0, middle), ("high", 5000.0, high)]
        audio = equalise(audio, sample_rate, bands)
        if random.random() < self.reverb:
            seconds, level = random.uniform(*self.reverb_seconds), random.uniform(*self.reverb_db)
            audio = reverberate(audio, sample_rate, seconds, level, random)
        return (audio * db_to_amplitude(random.uniform(*self.level_db))).astype(np.float32)


def equalise(
    audio: np.ndarray, sample_rate: int, bands: Sequence[tuple[str, float, float]]
) -> np.ndarray:
    """Raises and lowers bands by second-order filters (R. Bristow-Johnson, Audio EQ Cookbook).

    Args:
        audio: `[samples]`.
        sample_rate: Hz.
        bands: of each the kind, "low" or "high" for a shelf and "peak" for a bell of about two
            octaves, the middle of the slope or bell in Hz, and the gain in dB.

    Returns:
        float64 `[samples]`.
    """
    from scipy.signal import sosfilt

    return sosfilt([_biquad(*band, sample_rate) for band in bands], audio)


def repeat(audio: np.ndarray, sample_rate: int, seconds: float, level_db: float) -> np.ndarray:
    """Adds an echo, the echo of the echo, and so on down to -60 dB.

    Args:
        audio: `[samples]`.
        sample_rate: Hz.
        seconds: between two of them.
        level_db: of each, relative to the one before; below 0.

    Returns:
        `[samples]`; what comes after the end is cut.
    """
    delay, result = max(1, round(seconds * sample_rate)), audio.copy()
    for number in range(1, int(60 / -level_db) + 1):
        late = audio[: max(0, len(audio) - number * delay)]
        result[len(audio) - len(late) :] += db_to_amplitude(number * level_db) * late
    return result


def reverberate(
    audio: np.ndarray,
    sample_rate: int,
    seconds: float,
    level_db: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Adds the reverberation of a room: noise that dies away exponentially (J. A. Moorer, 1979).

    Args:
        audio: `[samples]`.
        sample_rate: Hz.
        seconds: in which it falls by 60 dB.
        level_db: of its energy, relative to the direct sound's.
        random: draws the noise.

    Returns:
        `[samples]`; what comes after the end is cut.
    """
    from scipy.signal import oaconvolve

    time = np.arange(round(seconds * sample_rate)) / sample_rate
    room = random.standard_normal(len(time)) * db_to_amplitude(-60 * time / seconds)
    room *= db_to_amplitude(level_db) / np.linalg.norm(room)
    return audio + oaconvolve(audio, room)[: len(audio)]


def limit_band(audio: np.ndarray, sample_rate: int, low_hz: float, high_hz: float) -> np.ndarray:
    """Takes away what a small microphone does not hear: Butterworth, 12 dB an octave on each side.

    Args:
        audio: `[samples]`.
        sample_rate: Hz.
        low_hz: below it the sound fades.
        high_hz: above it as well; from 0.45 of the sample rate on there is no such limit.

    Returns:
        float64 `[samples]`.
    """
    from scipy.signal import butter, sosfilt

    if high_hz < 0.45 * sample_rate:
        sections = butter(2, (low_hz, high_hz), "bandpass", fs=sample_rate, output="sos")
    else:
        sections = butter(2, low_hz, "highpass", fs=sample_rate, output="sos")
    return sosfilt(sections, audio)


def add_noise(audio: np.ndarray, level_db: float, random: np.random.Generator) -> np.ndarray:
    """Adds white noise, `level_db` (root mean square) relative to the loudest sample."""
    peak = np.abs(audio).max(initial=0.0)
    return audio + peak * db_to_amplitude(level_db) * random.standard_normal(len(audio))


def through_codec(
    audio: np.ndarray, sample_rate: int, codec: str, compression: float
) -> np.ndarray:
    """Encodes and decodes a recording, in memory.

    Args:
        audio: `[samples]`, within -1..1.
        sample_rate: Hz.
        codec: of `CODECS`.
        compression: 0 for the most bits, to 0.95 for the fewest.

    Returns:
        float32 `[samples]`, in time with `audio`.
    """
    import soundfile

    container, subtype = CODECS[codec]
    audio, buffer = np.asarray(audio, np.float32), io.BytesIO()
    how = {"format": container, "subtype": subtype, "compression_level": compression}
    with soundfile.SoundFile(buffer, "w", sample_rate, 1, **how) as file:
        for start in range(0, len(audio), _BLOCK_SIZE):  # libvorbis keeps a call's on the stack
            file.write(audio[start : start + _BLOCK_SIZE])
    buffer.seek(0)
    decoded = soundfile.read(buffer, dtype="float32")[0][: len(audio)]
    return np.pad(decoded, (0, len(audio) - len(decoded)))


def _biquad(kind, hertz, gain_db, sample_rate):
    """One second-order section (b0, b1, b2, a0, a1, a2), Q = 1 / sqrt(2)."""
    if kind == "high":  # all louder, and what is below as soft as before
        section = _biquad("low", hertz, -gain_db, sample_rate)
        section[:3] *= db_to_amplitude(gain_db)
        return section
    gain = db_to_amplitude(gain_db / 2)
    turn = 2 * np.pi * min(hertz, 0.45 * sample_rate) / sample_rate
    cosine, alpha = np.cos(turn), np.sin(turn) / np.sqrt(2)
    if kind == "peak":
        b = [1 + alpha * gain, -2 * cosine, 1 - alpha * gain]
        a = [1 + alpha / gain, -2 * cosine, 1 - alpha / gain]
    else:
        up, down, root = gain + 1, gain - 1, 2 * np.sqrt(gain) * alpha
        b = [up - down * cosine + root, 2 * (down - up * cosine), up - down * cosine - root]
        b = [gain * value for value in b]
        a = [up + down * cosine + root, -2 * (down + up * cosine), up + down * cosine - root]
    return np.array([*b, *a]) / a[0]
