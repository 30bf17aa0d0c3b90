"""Expression: from bare notes to a performance with dynamics, vibrato, rubato and articulation."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import gin
import numpy as np

from audio_tt.music.notes import Note, is_monophonic

CONTROL_RATE_HZ = 200.0
BEND_RANGE_CENTS = 200.0  # the synthesisers' reset state: two semitones each way
EXPRESSION_CONTROLLER = 11


@dataclass(frozen=True)
class Performance:
    """Notes with the continuous curves that shape them.

    Attributes:
        notes: the notes, sorted by onset.
        expression: `[frames]`, 0..127, MIDI controller 11 at `CONTROL_RATE_HZ`. A SoundFont synth
            turns the value v into a gain of 40 log10(v / 127) dB.
        bend_cents: `[frames]`, deviation from the notes' pitch in cents, within +-200.
    """

    notes: tuple[Note, ...]
    expression: np.ndarray
    bend_cents: np.ndarray

    @property
    def duration(self) -> float:
        """Seconds until the curves end (the last release is not later)."""
        return len(self.expression) / CONTROL_RATE_HZ

    def controls(self) -> list[tuple[float, int, int]]:
        """Returns (seconds, controller, value) wherever the expression takes another value."""
        values = np.clip(np.round(self.expression), 0, 127).astype(int)
        return [
            (i / CONTROL_RATE_HZ, EXPRESSION_CONTROLLER, int(values[i])) for i in _steps(values)
        ]

    def bends(self) -> list[tuple[float, int]]:
        """Returns (seconds, pitch bend -8192..8191) wherever the bend takes another value."""
        values = np.round(self.bend_cents / BEND_RANGE_CENTS * 8192)
        values = np.clip(values, -8192, 8191).astype(int)
        return [(i / CONTROL_RATE_HZ, int(values[i])) for i in _steps(values)]

    def transposed(self, semitones: int) -> "Performance":
        """Returns the same performance, higher (or lower) by `semitones`."""
        return replace(self, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in self.notes))


def _steps(values: np.ndarray) -> np.ndarray:
    return np.flatnonzero(np.diff(values, prepend=values[:1] - 1)) if len(values) else values


def concatenate(performances: Iterable[Performance]) -> Performance:
    """Plays performances one after the other."""
    notes, expression, bend_cents, start = [], [], [], 0.0
    for part in performances:
        notes += [replace(n, start=n.start + start, end=n.end + start) for n in part.notes]
        expression.append(part.expression)
        bend_cents.append(part.bend_cents)
        start += part.duration
    return Performance(tuple(notes), np.concatenate(expression), np.concatenate(bend_cents))


@gin.configurable(module="audio_tt.performance")
def perform(
    notes: Sequence[Note],
    rng: np.random.Generator,
    velocity: tuple[int, int] = (36, 118),
    expression: tuple[int, int] = (60, 127),
    swell: float = 25.0,
    rubato: float = 0.12,
    rest_probability: float = 0.5,
    rest_seconds: tuple[float, float] = (0.3, 2.0),
    vibrato_probability: float = 0.7,
    vibrato_rate_hz: tuple[float, float] = (4.5, 6.5),
    vibrato_depth_cents: float = 30.0,
    vibrato_delay_seconds: tuple[float, float] = (0.08, 0.35),
    detune_cents: float = 20.0,
    lead_seconds: tuple[float, float] = (0.2, 0.6),
    tail_seconds: float = 1.0,
) -> Performance:
    """Plays a line of notes as a musician might; the same generator state gives the same result.

    The dynamic of the whole is drawn evenly in dB between the two velocities, phrases wander
    around it, notes scatter a little. Notes that overlap (chords) get velocities and timing only:
    one controller curve would shape all voices at once.

    Args:
        notes: the notes as written; their velocities are ignored.
        rng: the source of all chance.
        velocity: softest and loudest velocity, 1..127.
        expression: lowest and highest value of the expression controller, 0..127.
        swell: largest rise or fall of the expression within one long note.
        rubato: largest relative change of tempo within a phrase.
        rest_probability: chance of a rest after a phrase.
        rest_seconds: shortest and longest such rest.
        vibrato_probability: chance that the performance has vibrato at all.
        vibrato_rate_hz: slowest and fastest vibrato.
        vibrato_depth_cents: greatest vibrato depth, in cents each way.
        vibrato_delay_seconds: shortest and longest wait from the onset to the vibrato.
        detune_cents: greatest deviation of the whole from A4 = 440 Hz, in cents.
        lead_seconds: shortest and longest silence before the first note.
        tail_seconds: silence after the last note.

    Returns:
        The performance; it begins at 0 s whatever the first note's onset was.
    """
    lines = split_phrases(sorted(notes, key=lambda note: note.start))
    monophonic = is_monophonic(notes)
    low, high = np.log(velocity)
    level = rng.uniform(0.0, 1.0)
    played, spans, time = [], [], rng.uniform(*lead_seconds)
    for line in lines:
        phrase_level = np.clip(level + rng.normal(0.0, 0.15), 0.0, 1.0)
        phrase, time = _time_phrase(line, time, rubato, rng)
        if monophonic:
            phrase = _articulate(phrase, rng)
        loud = low + (high - low) * phrase_level + rng.normal(0.0, 0.08, len(phrase))
        values = np.clip(np.round(np.exp(loud)), *velocity).astype(int)
        phrase = [replace(n, velocity=int(v)) for n, v in zip(phrase, values, strict=True)]
        spans.append(phrase)
        played += phrase
        if rng.random() < rest_probability:
            time += rng.uniform(*rest_seconds)
    frames = int(np.ceil((max(n.end for n in played) + tail_seconds) * CONTROL_RATE_HZ))
    detune = np.full(frames, rng.uniform(-detune_cents, detune_cents))
    if not monophonic:
        return Performance(tuple(played), np.full(frames, float(expression[1])), detune)
    curve = _expression_curve(spans, frames, expression, swell, rng)
    if rng.random() < vibrato_probability:
        depth = vibrato_depth_cents * rng.uniform(0.3, 1.0)
        rate = rng.uniform(*vibrato_rate_hz)
        detune += _vibrato(played, frames, rate, depth, vibrato_delay_seconds, rng)
    return Performance(tuple(played), curve, detune)


def split_phrases(notes: Sequence[Note], shortest: int = 5, longest: int = 20) -> list[list[Note]]:
    """Cuts a line into phrases: at rests, after notes much longer than most, or when too long."""
    usual = np.median([note.duration for note in notes])
    phrases: list[list[Note]] = [[]]
    for note in notes:
        phrase = phrases[-1]
        if phrase:
            rest = note.start - max(n.end for n in phrase[-8:])
            full = len(phrase) >= shortest and phrase[-1].duration > 1.9 * usual
            if rest > 0.75 * usual or full or len(phrase) >= longest:
                phrases.append(phrase := [])
        phrase.append(note)
    return phrases


def _time_phrase(line, start, rubato, rng):
    """Moves a phrase to `start`, faster towards its middle and slower at its end."""
    amount = rng.uniform(0.0, rubato)
    first, last = line[0].start, max(note.end for note in line)
    grid = np.linspace(0.0, 1.0, 65)
    slowness = 1.0 - amount * np.sin(np.pi * grid) + 2.0 * amount * grid**4
    elapsed = np.concatenate([[0.0], np.cumsum((slowness[1:] + slowness[:-1]) / 128.0)])
    span = last - first

    def warp(time):
        return start + span * float(np.interp((time - first) / span, grid, elapsed))

    return [replace(n, start=warp(n.start), end=warp(n.end)) for n in line], warp(last)


def _articulate(phrase, rng):
    """Holds each note for a share of the time to the next onset: staccato to legato."""
    style = rng.choice(3, p=[0.5, 0.3, 0.2])
    result = []
    for index, note in enumerate(phrase):
        following = phrase[index + 1] if index + 1 < len(phrase) else None
        touching = following is not None and following.start - note.end < 0.02
        if touching and following.pitch == note.pitch:
            end = note.end - min(0.03, 0.3 * note.duration)  # to be heard as two notes
        elif style == 0 and touching:
            end = following.start + rng.uniform(0.0, min(0.025, 0.2 * note.duration))
        elif style == 2 and note.duration < 0.7:
            end = note.start + max(0.06, note.duration * rng.uniform(0.35, 0.6))
        else:
            end = note.start + note.duration * rng.uniform(0.8, 0.97)
        result.append(replace(note, end=end))
    return result


def _expression_curve(phrases, frames, limits, swell, rng):
    """Draws a line from level to level over each phrase, and a swell over each long note."""
    low, high = limits
    times, values = [], []
    for phrase in phrases:
        first, last = phrase[0].start, phrase[-1].end
        peak = first + (last - first) * rng.uniform(0.2, 0.8)
        times += [first, peak, last]
        values += list(rng.uniform(low, high, 3))
    clock = np.arange(frames) / CONTROL_RATE_HZ
    curve = np.interp(clock, times, values)
    for note in (note for phrase in phrases for note in phrase if note.duration > 0.5):
        inside = slice(*_frames(note))
        position = np.linspace(0.0, 1.0, len(curve[inside]))
        shape = [np.sin(np.pi * position), position, -position, 0 * position][rng.integers(4)]
        curve[inside] += rng.uniform(-0.3, 1.0) * swell * shape
    width = 7  # 35 ms: the steps from note to note must not click
    padded = np.pad(curve, width // 2, mode="edge")
    return np.clip(np.convolve(padded, np.ones(width) / width, mode="valid"), low, high)


def _vibrato(notes, frames, rate, depth, delay, rng):
    """Returns the vibrato in cents, `[frames]`: none at the onset, growing, gone at the release."""
    bend = np.zeros(frames)
    for note in notes:
        begin, end = _frames(note)
        wait = rng.uniform(*delay)
        time = np.arange(end - begin) / CONTROL_RATE_HZ
        growth = np.clip((time - wait) / 0.25, 0.0, 1.0)
        release = np.clip((note.duration - time) / 0.05, 0.0, 1.0)
        phase = 2 * np.pi * rate * rng.uniform(0.93, 1.07) * np.maximum(time - wait, 0.0)
        bend[begin:end] = depth * rng.uniform(0.6, 1.0) * growth * release * np.sin(phase)
    return bend


def _frames(note):
    return int(note.start * CONTROL_RATE_HZ), int(note.end * CONTROL_RATE_HZ)
