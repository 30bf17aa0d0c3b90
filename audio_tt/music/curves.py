"""How a voice of notes is played, as curves: pitch, level within the instrument's range, gain."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from audio_tt.music import tracks
from audio_tt.music.notes import Note
from audio_tt.music.tracks import Track

_TOUCHING = 0.03  # seconds between two notes that are slurred
_GLIDE = 0.04  # seconds from one pitch to the next in a slur
_ATTACK, _RELEASE_DB = 0.04, 400.0  # seconds; dB a second
_BEFORE = 0.016  # seconds by which a frame hears an attack before its time
_ATTACK_DB, _SLUR_DB, _AGAIN_DB = 30.0, 3.0, 12.0
_DIP = 0.03  # seconds
_LOWEST_DB = -90.0
_WHEEL_CENTS = 50.0  # of vibrato, each way, with the modulation wheel all up
_VIBRATO_HZ = 5.5
_SOFT = 0.02  # seconds over which steps of controllers and levels are smoothed


@dataclass(frozen=True)
class Curves:
    """A voice as it is played, one value a frame.

    Attributes:
        pitch: `[frames]`, MIDI, fractions included; between notes that of the last one.
        strength: `[frames]`, 0 to 1: from the softest to the loudest that the instrument plays.
        gain_db: `[frames]`, what articulation and expression take away; -90 where nothing sounds.
    """

    pitch: np.ndarray
    strength: np.ndarray
    gain_db: np.ndarray


@dataclass(frozen=True)
class Humanity:
    """By how much a player departs from what is written.

    Attributes:
        onset_seconds: deviation of onsets (standard, like all here but the last two).
        level_db: of the level of notes.
        tuning_cents: of the pitch of notes.
        swell_db: greatest rise or fall within a long note.
        vibrato_cents: greatest vibrato of long notes, where the track does not say its own.
    """

    onset_seconds: float = 0.006
    level_db: float = 0.8
    tuning_cents: float = 3.0
    swell_db: float = 2.0
    vibrato_cents: float = 0.0


EXACT = Humanity(0.0, 0.0, 0.0, 0.0, 0.0)


def play_voice(
    notes: Sequence[Note],
    track: Track,
    frame_rate: float,
    seconds: float,
    humanity: Humanity = EXACT,
    seed: int = 0,
) -> Curves:
    """Plays a voice, with the controllers of its track.

    Velocity sets the strength; controller 11 turns down by 40 log10(127 / value) dB; controller 1
    is the depth of a vibrato; pitch bend bends; controller 64 holds notes until it is let go or the
    voice's next note. Notes that overlap or touch are slurred: pitch glides, and the level hardly
    dips. Others speak anew.

    Args:
        notes: of one voice, as `audio_tt.music.voices.split_voices` gives them.
        track: whose controllers and bends count.
        frame_rate: of the curves, frames a second.
        seconds: length of the curves.
        humanity: how far it departs from what is written.
        seed: of that.

    Returns:
        The curves, `ceil(seconds * frame_rate)` frames.
    """
    rng = np.random.default_rng(seed)
    times = np.arange(int(np.ceil(seconds * frame_rate))) / frame_rate
    notes = _one_at_a_time(_sustained(sorted(notes, key=lambda n: n.start), track))
    notes = _timed(notes, humanity.onset_seconds, rng)
    pitch = _steps(times, notes, [n.pitch for n in notes])
    gain_db = np.full(len(times), _LOWEST_DB)
    cents = np.zeros(len(times))
    if tracks.MODULATION in track.controls:
        humanity = replace(humanity, vibrato_cents=0.0)
    for before, note, following in zip((None, *notes), notes, (*notes[1:], None), strict=False):
        slurred_from = before if before and before.end > note.start - _TOUCHING else None
        until = min(following.start if following else np.inf, note.end + 0.5)
        inside = slice(*np.searchsorted(times, (note.start - _BEFORE, until - _BEFORE)))
        time = times[inside] - note.start
        level = _articulated(time, note, slurred_from) + _swell(time, note, humanity.swell_db, rng)
        level += rng.normal(0.0, 1.0) * humanity.level_db
        gain_db[inside] = np.maximum(level, _LOWEST_DB)
        cents[inside] += rng.normal(0.0, 1.0) * humanity.tuning_cents
        cents[inside] += _vibrato(time, note, humanity.vibrato_cents, rng)
        if slurred_from:
            around = slice(*np.searchsorted(times, (note.start - _GLIDE, note.start + _GLIDE)))
            pitch[around] = _glide(times[around] - note.start, before.pitch, note.pitch)
    wheel = _smoothed(track.control(tracks.MODULATION, times, 0), frame_rate)
    cents += wheel / 127 * _WHEEL_CENTS * np.sin(2 * np.pi * _VIBRATO_HZ * times)
    bend = _smoothed(tracks.held(track.bends, times, 0.0), frame_rate)
    pressed = np.maximum(track.control(tracks.EXPRESSION, times, 127), 1)
    expression_db = _smoothed(40.0 * np.log10(pressed / 127), frame_rate)
    strength = _steps(times + _BEFORE, notes, [n.velocity / 127 for n in notes])
    return Curves(
        pitch + bend + cents / 100,
        _smoothed(strength, frame_rate),
        np.maximum(gain_db + expression_db, _LOWEST_DB),
    )


def _sustained(notes, track):
    """The notes, each held as long as the pedal is down where it ends."""
    pedal = track.controls.get(tracks.SUSTAIN, ())
    if not pedal:
        return notes
    ups = np.array([time for time, value in pedal if value < 64])
    down = track.control(tracks.SUSTAIN, np.array([note.end for note in notes]), 0) >= 64
    held = []
    for index, note in enumerate(notes):
        if down[index]:
            place = int(np.searchsorted(ups, note.end))
            up = float(ups[place]) if place < len(ups) else np.inf
            following = notes[index + 1].start if index + 1 < len(notes) else np.inf
            end = min(up, following)
            note = replace(note, end=max(note.end, end)) if np.isfinite(end) else note
        held.append(note)
    return held


def _one_at_a_time(notes):
    """The notes, each ended where the next begins at the latest."""
    ends = [note.start for note in notes[1:]] + [np.inf]
    return [replace(n, end=min(n.end, end)) for n, end in zip(notes, ends, strict=True)]


def _timed(notes, deviation, rng):
    """The notes, their onsets moved by chance; those that touch go on touching."""
    starts = np.array([note.start for note in notes])
    moves = np.clip(deviation * rng.normal(0.0, 1.0, len(notes)), -2 * deviation, 2 * deviation)
    moves[starts + moves < 0.0] = 0.0
    moved = []
    for index, note in enumerate(notes):
        start = note.start + moves[index]
        next_to = index + 1 < len(notes) and notes[index + 1].start - note.end < 2 * deviation
        end = note.end + (moves[index + 1] if next_to else 0.0)
        moved.append(replace(note, start=start, end=max(end, start + 0.02)))
    return moved


def _steps(times, notes, values):
    """Values of notes at `times`, each from its onset until the next; the first before that."""
    place = np.searchsorted([note.start for note in notes], times, side="right") - 1
    return np.array(values, float)[np.maximum(place, 0)]


def _glide(time, start, end):
    """From one pitch to the next, half-way at time 0."""
    share = np.clip(time / _GLIDE + 0.5, 0.0, 1.0)
    return start + (0.5 - 0.5 * np.cos(np.pi * share)) * (end - start)


def _articulated(time, note, before):
    """Level in dB from the attack to the release, at `time` since the onset."""
    rise = np.clip((time + _BEFORE) / _ATTACK, 0.0, 1.0)
    if before is None:
        level = -_ATTACK_DB * (1.0 - rise) ** 2
    else:
        depth = _AGAIN_DB if before.pitch == note.pitch else _SLUR_DB
        level = -depth * np.clip(1.0 - np.abs(time) / _DIP, 0.0, 1.0)
    late = np.maximum(time + _BEFORE - note.duration, 0.0)
    return level - _RELEASE_DB * late


def _swell(time, note, greatest_db, rng):
    """A rise and fall over a long note, upwards or downwards by chance."""
    size = rng.uniform(-0.5, 1.0) * greatest_db * min(note.duration / 1.0, 1.0)
    position = np.clip(time / note.duration, 0.0, 1.0)
    return size * np.sin(np.pi * position)


def _vibrato(time, note, greatest_cents, rng):
    """Cents of a vibrato that begins late and grows; none on short notes."""
    wait, rate = rng.uniform(0.12, 0.3), rng.uniform(4.8, 6.2)
    growth = np.clip((time - wait) / 0.3, 0.0, 1.0)
    depth = greatest_cents * rng.uniform(0.5, 1.0)
    return depth * growth * np.sin(2 * np.pi * rate * np.maximum(time - wait, 0.0))


def _smoothed(values, frame_rate):
    """The mean over `_SOFT` seconds around each frame."""
    width = 2 * int(_SOFT * frame_rate / 2) + 1
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, np.full(width, 1 / width), mode="valid")
