"""An instrument made of recorded notes, which plays performances."""

import functools
import zlib
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from audio_tt.dsp.units import amplitude_to_db, db_to_amplitude
from audio_tt.files import io
from audio_tt.music.instruments import Instrument, Voice
from audio_tt.music.notes import Note
from audio_tt.music.performance import CONTROL_RATE_HZ, Performance
from audio_tt.music.sample_library import SampleLibrary
from audio_tt.music.stretching import at_positions, follow

LOUDEST_DB = -12.0  # level of a note of velocity 127
VIBRATO_CENTS, VIBRATO_PROBABILITY = 30.0, 0.7
_FASTEST_NOTE_SECONDS = 0.16
_SLUR_SECONDS = 0.02  # a shorter gap between two notes is none
_SLUR_SEMITONES = 7  # a wider leap is taken anew
_GLIDE_SECONDS = (0.04, 0.1)
_RELEASE_SECONDS, _CUT_SECONDS = 0.25, 0.05  # of a note before a rest, and before another note
_ATTACK_SECONDS = 0.003
_VIBRATO_SPAN = 81  # control frames over which vibrato averages out
_KEPT_IN_MEMORY = 96  # recordings


class SampledInstrument(Instrument):
    """Plays the notes of a `SampleLibrary`.

    Every note is a recording, moved to its pitch and along the pitch bend by resampling. A note
    that outlasts its recording goes on within the steady part, one that ends early goes over to how
    the recording ends. Notes that touch are slurred up to a fifth apart: one is faded into the
    other's steady part while the pitch of both glides. What the performance has of vibrato is left
    out where the recording has its own.

    Args:
        library: the recordings.
        seed: of what is drawn at random (round robins, glides); the same music sounds the same.
    """

    def __init__(self, library: SampleLibrary, seed: int = 0):
        self.library, self.seed = library, seed
        self._read = functools.lru_cache(_KEPT_IN_MEMORY)(_read)

    @property
    def voice(self) -> Voice:
        """What a line must respect to suit the instrument."""
        vibrato = 0.0 if self.library.has_vibrato else VIBRATO_CENTS
        return Voice(
            -1,
            self.library.low,
            self.library.high,
            vibrato,
            VIBRATO_PROBABILITY if vibrato else 0.0,
            _FASTEST_NOTE_SECONDS,
        )

    def render(
        self,
        music: Performance | Sequence[Note],
        sample_rate: int = 48000,
        tail_seconds: float = 1.0,
    ) -> np.ndarray:
        """See `Instrument.render`."""
        if not isinstance(music, Performance):
            seconds = max((note.end for note in music), default=0.0) + tail_seconds
            frames = round(seconds * CONTROL_RATE_HZ)
            notes = tuple(sorted(music, key=lambda note: note.start))
            music = Performance(notes, np.full(frames, 127.0), np.zeros(frames))
        rng = np.random.default_rng((self.seed, zlib.crc32(repr(music.notes).encode())))
        audio = np.zeros(round(music.duration * sample_rate), np.float32)
        joins = _joins(music.notes, rng)
        nexts = [note.start for note in music.notes[1:]] + [np.inf]
        for note, following, *slurs in zip(music.notes, nexts, joins[:-1], joins[1:], strict=True):
            released = np.clip(following - note.end, _CUT_SECONDS, _RELEASE_SECONDS)
            first, sound = self._play(note, *slurs, released, music.bend_cents, sample_rate, rng)
            sound = sound[: max(0, len(audio) - first)]
            audio[first : first + len(sound)] += sound
        clock = np.arange(len(audio)) * (CONTROL_RATE_HZ / sample_rate)
        curve = np.interp(clock, np.arange(len(music.expression)), music.expression)
        return (audio * (curve / 127.0) ** 2).astype(np.float32)

    def _play(self, note, before, after, released, bend_cents, sample_rate, rng):
        """The first sample of a note in the whole, and its sound."""
        sample = self.library.choose(note.pitch, note.velocity, note.duration, rng)
        begin = before.begin if before else note.start
        end = after.end if after else note.end
        first = round(begin * sample_rate)
        held = round(end * sample_rate) - first
        released = 0.0 if after else released
        seconds = (first + np.arange(held + round(released * sample_rate))) / sample_rate
        midi = note.pitch + _bend(bend_cents, sample.take.vibrato, seconds) / 100
        midi += sum(join.leap(seconds, note) for join in (before, after) if join)
        speed = 2.0 ** ((midi - sample.pitch) / 12)
        positions = np.cumsum(speed) - speed[0]
        source = follow(
            self._read(sample.take.path, sample_rate),
            sample.take,
            sample_rate,
            held=round(positions[held - 1]),
            total=int(positions[-1]) + 1,
            from_steady=before is not None,
            rng=rng,
        )
        sound = at_positions(source, positions)
        level_db = LOUDEST_DB + 2 * amplitude_to_db(note.velocity / 127) + sample.gain_db
        sound *= db_to_amplitude(level_db)
        sound *= before.fade_in(seconds) if before else _ramp(seconds - begin, _ATTACK_SECONDS)
        sound *= after.fade_out(seconds) if after else _ramp(seconds[-1] - seconds, released)
        return first, sound.astype(np.float32)


class _Join:
    """Where one note is slurred into the next."""

    def __init__(self, first: Note, second: Note, glide_seconds: float):
        glide_seconds = min(glide_seconds, 0.5 * first.duration, 0.5 * second.duration)
        self.first, self.second = first, second
        self.begin = second.start - glide_seconds / 2
        self.end = second.start + glide_seconds / 2

    def leap(self, seconds, note):
        """Semitones by which the pitch of one of the notes is on its way to the other."""
        done = 0.5 - 0.5 * np.cos(np.pi * self._position(seconds))
        semitones = self.second.pitch - self.first.pitch
        return semitones * (done if note is self.first else done - 1.0)

    def fade_in(self, seconds):
        """Gain of the second note; the power of both together stays the same."""
        return np.sin(0.5 * np.pi * self._position(seconds))

    def fade_out(self, seconds):
        """Gain of the first note."""
        return np.cos(0.5 * np.pi * self._position(seconds))

    def _position(self, seconds):
        return np.clip((seconds - self.begin) / (self.end - self.begin), 0.0, 1.0)


def _joins(notes, rng):
    """The `_Join` before each note and after the last; None where there is no slur."""
    joins = [None]
    for first, second in zip(notes, notes[1:], strict=False):
        glide = rng.uniform(*_GLIDE_SECONDS)
        touching = abs(second.start - first.end) < _SLUR_SECONDS or (
            0 <= first.end - second.start < 0.05
        )
        near = 0 < abs(second.pitch - first.pitch) <= _SLUR_SEMITONES
        joins.append(_Join(first, second, glide) if touching and near else None)
    return [*joins, None]


def _bend(bend_cents, has_vibrato, seconds):
    """The performance's pitch bend at some times, without its vibrato if the sample has one."""
    if has_vibrato:
        bend_cents = ndimage.uniform_filter1d(bend_cents, _VIBRATO_SPAN, mode="nearest")
    return np.interp(seconds * CONTROL_RATE_HZ, np.arange(len(bend_cents)), bend_cents)


def _ramp(seconds, length):
    return np.clip(seconds / length, 0.0, 1.0)


def _read(path, sample_rate):
    return io.read(path, sample_rate)[0]
