"""What an instrument is to play: melodies and exercises through its range, planned from a seed."""

from dataclasses import dataclass, replace

import numpy as np

from audio_tt.errors import UserError
from audio_tt.music.instruments import Voice, get_voice
from audio_tt.music.melodies import Melody, is_held_out, make_exercise
from audio_tt.music.performance import Performance, concatenate, perform

TEST_RANGE = (60, 84)  # flute, violin, oboe, clarinet and trumpet all reach it
TEST_VOICE = Voice(0, *TEST_RANGE, 30.0, 0.7, fastest_note_seconds=0.2)
SLOWEST_NOTE_SECONDS = 0.9
LENGTH_SECONDS = {"train": (24.0, 54.0), "test": (24.0, 32.0)}


@dataclass(frozen=True)
class Piece:
    """One recording to be: where it goes, what is played, and from which seed."""

    path: str
    melody: str
    split: str
    seed: tuple[int, ...]
    performance: Performance


def common_voice(names: list[str]) -> Voice:
    """What several instruments can all play; the program is that of none.

    Raises:
        UserError: their ranges share less than two octaves, or an instrument is unknown.
    """
    voices = [get_voice(name) for name in names]
    shared = Voice(
        program=-1,
        low=max(voice.low for voice in voices),
        high=min(voice.high for voice in voices),
        vibrato_depth_cents=min(voice.vibrato_depth_cents for voice in voices),
        vibrato_probability=min(voice.vibrato_probability for voice in voices),
        fastest_note_seconds=max(voice.fastest_note_seconds for voice in voices),
    )
    if shared.high - shared.low < 24:
        raise UserError(f"{', '.join(names)} share less than two octaves; choose others.")
    return shared


def plan_pieces(
    name: str, voice: Voice, melodies: list[Melody], minutes: float, seed: int
) -> list[Piece]:
    """Plans all recordings of one instrument; nothing is rendered.

    Another name, voice or seed makes other performances for training.

    The test pieces are the same performances for every instrument, moved by the octaves that its
    range asks for. In training each instrument plays through its own whole range, and every fourth
    piece is an exercise that reaches each pitch of it.

    Raises:
        UserError: the melodies fill only one of the two splits, or none fits the range.
    """
    train = [m for m in melodies if not is_held_out(m.name)]
    test = [m for m in melodies if is_held_out(m.name)]
    if not train or not test:
        raise UserError(
            f"{len(melodies)} melodies are too few to hold some out for testing; give more files."
        )
    shift = _octave_shift(voice)
    pieces = fill("test", test, TEST_VOICE, minutes / 8, (seed, 1))
    pieces = [replace(p, performance=p.performance.transposed(shift)) for p in pieces]
    return pieces + fill("train", train, voice, minutes, (seed, 2, *name.encode()), exercises=True)


def _octave_shift(voice: Voice) -> int:
    """Returns the semitones that bring the test range into the voice's.

    Whole octaves if that is possible, and as few as possible.
    """
    low, high = TEST_RANGE
    shifts = sorted(range(-48, 49), key=lambda s: (s % 12 != 0, abs(s), s > 0))
    return next(s for s in shifts if low + s >= voice.low and high + s <= voice.high)


def fill(
    split: str,
    melodies: list[Melody],
    voice: Voice,
    minutes: float,
    seed: tuple[int, ...],
    exercises: bool = False,
) -> list[Piece]:
    """Plans one piece after the other until there are enough minutes; nothing is rendered.

    Args:
        split: "train" or "test".
        melodies: to choose from.
        voice: of the instrument; melodies that go beyond its range are passed over.
        minutes: of all pieces together.
        seed: of what is drawn at random.
        exercises: every fourth piece is an exercise that reaches each pitch of the voice.

    Raises:
        UserError: no melody fits the range.
    """
    fitting = [m for m in melodies if m.high - m.low <= voice.high - voice.low]
    if not fitting:
        raise UserError(f"no {split} melody fits the range {voice.low} to {voice.high}; add some.")
    order = np.random.default_rng(seed).permutation(len(fitting))
    pieces, seconds = [], 0.0
    while seconds < 60.0 * minutes:
        number = len(pieces)
        piece_seed = (*seed, number)
        rng = np.random.default_rng(piece_seed)
        if exercises and number % 4 == 3:
            melody = make_exercise(voice.low, voice.high, rng, f"exercise-{number:03d}")
        else:
            melody = fitting[order[number % len(order)]]
        performance = play_through(melody, voice, rng, rng.uniform(*LENGTH_SECONDS[split]))
        title = melody.name.replace("/", "_")
        path = f"{split}/{number:03d}_{title}.wav"
        pieces.append(Piece(path, melody.name, split, piece_seed, performance))
        seconds += performance.duration
    return pieces


def play_through(
    melody: Melody, voice: Voice, rng: np.random.Generator, wanted: float
) -> Performance:
    """Plays a melody, again and again in other keys and moods, for about `wanted` seconds."""
    parts, seconds = [], 0.0
    while seconds < wanted - 4.0:
        speed = rng.uniform(*np.log((voice.fastest_note_seconds, SLOWEST_NOTE_SECONDS)))
        shift = int(rng.integers(voice.low - melody.low, voice.high - melody.high + 1))
        notes = melody.at_speed(float(np.exp(speed)), shift)
        begin = 0.0
        if melody.name.startswith("exercise"):
            begin = rng.uniform(0.0, max(0.0, notes[-1].end - (wanted - seconds)))
        end = begin + 0.8 * (wanted - seconds)
        notes = [n for n in notes if begin <= n.start and n.end <= end] or notes[:1]
        parts.append(
            perform(
                notes,
                rng,
                vibrato_depth_cents=voice.vibrato_depth_cents,
                vibrato_probability=voice.vibrato_probability,
            )
        )
        seconds += parts[-1].duration
    return concatenate(parts)
