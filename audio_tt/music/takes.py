"""A recording of one note, and what can be heard in it."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from audio_tt.dsp.units import amplitude_to_db, db_to_amplitude, hz_to_midi
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.pitch import tracking

_RATE = 16000
_FRAME_RATE = 100
_FRAME = _RATE // _FRAME_RATE
_SURE = 0.6  # of the tracker
_AUDIBLE = db_to_amplitude(-40)  # of the loudest frame
_SILENT = 1e-4
_SPEAKS, _ENDS = 0.7, 0.5  # of the usual level
_SETTLING_SECONDS = 0.08
_SHORTEST_STEADY = 0.15  # seconds
_DECAY_DB = 9.0  # from the first to the last third of the steady part
_VIBRATO_HZ, _VIBRATO_CENTS, _VIBRATO_SHARE = (3.5, 8.5), 6.0, 0.5


@dataclass(frozen=True)
class Take:
    """A recording of one note; all times are in seconds from its beginning.

    Attributes:
        path: the sound file.
        pitch: as it sounds, in MIDI numbers with fractions; NaN where the tracker found none.
        level_db: of its sounding part, in dB of full scale.
        onset: when it becomes audible.
        steady: beginning and end of the part that goes on evenly; both the same where none does,
            as in a staccato or a plucked string.
        vibrato: whether that part has vibrato.
        wobble: how far its pitch strays, in semitones; a single note keeps below 1.
        seconds: its length.
    """

    path: Path
    pitch: float
    level_db: float
    onset: float
    steady: tuple[float, float]
    vibrato: bool
    wobble: float
    seconds: float

    @property
    def can_go_on(self) -> bool:
        """Whether it can be made longer within its steady part."""
        return self.steady[1] > self.steady[0]


def listen(path: str | os.PathLike) -> Take:
    """Measures a recording of one note.

    Raises:
        UserError: it cannot be read, or is silent.
    """
    audio = io.read(path, _RATE)[0]
    envelope = _envelope(audio)
    if envelope.max() < _SILENT:
        raise UserError(f"{path}: is silent; take it out of the folder")
    audible = np.flatnonzero(envelope > _AUDIBLE * envelope.max())
    usual = np.percentile(envelope[audible], 80)
    f0_hz, confidence = tracking.track(audio, _RATE, _FRAME_RATE)
    sure = (confidence[: len(envelope)] > _SURE) & (envelope > _AUDIBLE * envelope.max())
    midi = hz_to_midi(f0_hz[: len(envelope)])
    first, last = _steady(envelope, usual)
    inside = np.arange(first, last) if last > first else audible
    inside = inside[sure[inside]]
    pitch = float(np.median(midi[inside])) if len(inside) else np.nan
    wobble = float(np.subtract(*np.percentile(midi[inside], [90, 10]))) if len(inside) else np.inf
    return Take(
        Path(path),
        pitch,
        amplitude_to_db(usual),
        float(audible[0] / _FRAME_RATE),
        (first / _FRAME_RATE, last / _FRAME_RATE),
        last > first and _has_vibrato(midi[first:last]),
        wobble,
        len(audio) / _RATE,
    )


def _envelope(audio):
    """Effective value of every 10 ms."""
    frames = np.pad(audio, (0, -len(audio) % _FRAME)).reshape(-1, _FRAME)
    return np.sqrt(np.mean(np.square(frames, dtype=np.float64), axis=1))


def _steady(envelope, usual):
    """First frame of the steady part and one past its last; the same where there is none."""
    speaks = np.flatnonzero(envelope >= _SPEAKS * usual)
    first = int(speaks[0]) + round(_SETTLING_SECONDS * _FRAME_RATE)
    last = int(np.flatnonzero(envelope >= _ENDS * usual)[-1]) - 2
    third = (last - first) // 3
    if last - first < _SHORTEST_STEADY * _FRAME_RATE:
        return first, first
    begins, ends = envelope[first : first + third].mean(), envelope[last - third : last].mean()
    if amplitude_to_db(begins / ends) > _DECAY_DB:
        return first, first
    return first, last


def _has_vibrato(midi):
    """Whether pitch `[frames]` swings as a player's vibrato does."""
    cents = 100 * (midi - ndimage.uniform_filter1d(midi, 31, mode="nearest"))
    if len(cents) < 40 or np.std(cents) < _VIBRATO_CENTS:
        return False
    power = np.abs(np.fft.rfft(cents * np.hanning(len(cents)), 4 * len(cents))) ** 2
    hertz = np.fft.rfftfreq(4 * len(cents), 1 / _FRAME_RATE)
    swings = (hertz >= _VIBRATO_HZ[0]) & (hertz <= _VIBRATO_HZ[1])
    return bool(power[swings].sum() > _VIBRATO_SHARE * power.sum())
