"""Melodies played on SoundFont instruments: planned from a seed, and written as recordings."""

import json
import multiprocessing
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import gin
import numpy as np

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.music import notes as notes_lib
from audio_tt.music.instruments import SoundFontInstrument, Voice, get_voice
from audio_tt.music.melodies import Melody, is_held_out, make_exercise
from audio_tt.music.performance import Performance, concatenate, perform

TEST_RANGE = (60, 84)  # flute, violin, oboe, clarinet and trumpet all reach it
TEST_VOICE = Voice(0, *TEST_RANGE, 30.0, 0.7, fastest_note_seconds=0.2)
SLOWEST_NOTE_SECONDS = 0.9
LENGTH_SECONDS = {"train": (24.0, 54.0), "test": (24.0, 32.0)}
LOUDEST = 0.7


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


@gin.configurable(module="timbre_tt.performances")
def render_instrument(
    name: str,
    melodies: list[Melody],
    output_dir: Path,
    minutes: float,
    seed: int,
    soundfont: Path,
    sample_rate: int,
    together: list[str] | None = None,
    processes: int = 2,
) -> list[Path]:
    """Renders what is missing of one instrument's recordings and writes the manifest.

    With `together`, the names of all instruments that play the same, files go to
    OUTPUT/SPLIT/INSTRUMENT instead of OUTPUT/INSTRUMENT/SPLIT.

    One gain holds for all files of the instrument: the first run chooses it so that the loudest
    sample is 0.7, the manifest keeps it. Dynamics between the files stay as they were played.

    Returns:
        The paths of the files that were written.

    Raises:
        UserError: the folder was made with another seed, SoundFont or sample rate.
    """
    voice = get_voice(name)
    settings = {"seed": seed, "soundfont": soundfont.name, "sample_rate": sample_rate}
    if together:
        pieces = plan_pieces("", common_voice(together), melodies, minutes, seed)
        pieces = [replace(p, path=f"{p.split}/{name}/{Path(p.path).name}") for p in pieces]
        folder, manifest_path = Path(output_dir), Path(output_dir) / f"{name}.json"
        settings["together"] = together
    else:
        pieces = plan_pieces(name, voice, melodies, minutes, seed)
        folder = Path(output_dir) / name
        manifest_path = folder / "manifest.json"
    gain = _known_gain(manifest_path, settings)
    missing = [p for p in pieces if gain is None or not (folder / p.path).exists()]
    if not missing:
        return []
    jobs = [(soundfont, voice.program, piece.performance, sample_rate) for piece in missing]
    with multiprocessing.get_context("spawn").Pool(min(processes, len(jobs))) as pool:
        sounds = list(progress(pool.imap(_render, jobs), f"rendering {name}", "file"))
    if gain is None:
        gain = LOUDEST / max(float(np.abs(sound).max()) for sound in sounds)
    manifest = {"instrument": name, "program": voice.program, "gain": gain, **settings}
    manifest["files"] = [_describe(piece) for piece in pieces]
    with replacing(manifest_path) as temporary:
        temporary.write_text(json.dumps(manifest))
    for piece, sound in zip(missing, sounds, strict=True):
        _write_piece(folder / piece.path, sound * gain, sample_rate, piece, voice.program)
    return [folder / piece.path for piece in missing]


def _render(job):
    soundfont, program, performance, sample_rate = job
    return SoundFontInstrument(program, soundfont).render(performance, sample_rate)


def _known_gain(manifest: Path, settings: dict) -> float | None:
    if not manifest.is_file():
        return None
    known = json.loads(manifest.read_text())
    for key, value in settings.items():
        if known.get(key) != value:
            raise UserError(
                f"{manifest.parent} was made with {key} {known.get(key)}, not {value}; "
                "choose another --output_dir or remove that folder."
            )
    return known["gain"]


def _describe(piece: Piece) -> dict:
    return {
        "path": piece.path,
        "melody": piece.melody,
        "split": piece.split,
        "seed": piece.seed,
        "seconds": piece.performance.duration,
        "notes": [
            [pitch, velocity, round(start, 4), round(end, 4)]
            for pitch, velocity, start, end in map(astuple, piece.performance.notes)
        ],
    }


def _write_piece(path: Path, audio: np.ndarray, sample_rate: int, piece: Piece, program: int):
    played = piece.performance
    notes_lib.write_midi(
        path.with_suffix(".mid"), played.notes, program, played.controls(), played.bends()
    )
    io.write(path, audio, sample_rate)
