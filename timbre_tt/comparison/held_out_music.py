"""The music of the benchmark suite: melodies and polyphonic pieces that no training has seen.

They lie in assets/held_out_music.json, so that the set stays the same whatever music21 holds;
`python -m tools.choose_held_out_music` wrote it.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from audio_tt.errors import UserError, did_you_mean
from audio_tt.music.instruments import SoundFontInstrument, find_program
from audio_tt.music.melodies import Melody
from audio_tt.music.notes import Note
from audio_tt.music.performance import Performance, perform

ASSETS = Path(__file__).parents[1] / "assets"
FILE = ASSETS / "held_out_music.json"
SECONDS_PER_NOTE = 0.3


def melodies() -> dict[str, Performance]:
    """One voice, with dynamics, vibrato and rests: a performance by the melody's title."""
    written = json.loads(FILE.read_text("utf-8"))["melodies"]
    return {
        name: play(Melody(name, tuple(map(tuple, notes))), seed)
        for seed, (name, notes) in enumerate(written.items())
    }


def pieces() -> dict[str, list[Note]]:
    """Several voices: notes by the piece's name."""
    written = json.loads(FILE.read_text("utf-8"))["pieces"]
    return {name: [Note(*note) for note in notes] for name, notes in written.items()}


def play(melody: Melody, seed: int) -> Performance:
    """Plays a melody with expression, the same way for the same seed."""
    return perform(
        melody.at_speed(SECONDS_PER_NOTE),
        np.random.default_rng(seed),
        velocity=(64, 112),
        rest_seconds=(0.2, 0.5),
        vibrato_depth_cents=30.0,
        tail_seconds=0.6,
    )


def render(
    music: Performance | Sequence[Note],
    instrument: str,
    sample_rate: int,
    soundfont: str | Path | None = None,
) -> np.ndarray:
    """Plays notes or a performance on a SoundFont's instrument; float32 `[samples]`, peak 0.5.

    Raises:
      UserError: there is no such program, no SoundFont, or nothing that plays one.
    """
    audio = SoundFontInstrument(find_program(instrument), soundfont).render(music, sample_rate)
    return 0.5 * audio / max(float(np.abs(audio).max()), 1e-9)


def clip(instrument: str) -> Path:
    """A short recording of an instrument that comes with the package: held-out music as well.

    Raises:
      UserError: there is none of that instrument.
    """
    path = ASSETS / f"clip_{instrument}.ogg"
    if not path.is_file():
        near = did_you_mean(instrument, clips())
        raise UserError(
            f"no clip of {instrument!r} is included; there are: {', '.join(clips())}{near}"
        )
    return path


def clips() -> list[str]:
    """The instruments that a clip of is included, sorted."""
    return sorted(path.stem.removeprefix("clip_") for path in ASSETS.glob("clip_*.ogg"))
