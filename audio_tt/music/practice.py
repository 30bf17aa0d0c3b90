"""Music that an instrument plays so that a model can learn from it."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import gin
import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.dsp.units import db_to_amplitude
from audio_tt.errors import UserError
from audio_tt.files import io, provenance
from audio_tt.files.atomic import replacing
from audio_tt.music import melodies as melodies_lib
from audio_tt.music import planning, sample_library
from audio_tt.music.effects import Surroundings
from audio_tt.music.instruments import VOICES, SoundFontInstrument, Voice, find_program
from audio_tt.music.melodies import Melody
from audio_tt.music.notes import Note
from audio_tt.music.sampled import SampledInstrument

MANIFEST_FILE = "practice.json"
_LEVEL_DB = -17.0  # of a loud note
_LOUD = 118
_SOUNDFONT = re.compile(r"(.+\.sf[23]):(\w+)", re.IGNORECASE)


@gin.configurable(module="audio_tt.music")
def practise(
    sources: Sequence[str],
    output_dir: Path,
    sample_rate: int = 48000,
    minutes: float = 20.0,
    seed: int = 0,
    surroundings: Surroundings | Callable[[], Surroundings] = Surroundings,
) -> Path:
    """Has an instrument play melodies and exercises, each in other surroundings.

    Melodies are those of music21's corpus, where that is installed, or a few built-in ones. What is
    there already is kept.

    Args:
        sources: sample libraries (folders, SFZ files) and programs of SoundFonts
            (`FluidR3_GM.sf2:clarinet`) of the same instrument; they share the minutes.
        output_dir: folder for the recordings.
        sample_rate: of the recordings, Hz.
        minutes: of all recordings together.
        seed: of all that is drawn at random.
        surroundings: a `Surroundings`, or a function that makes one.

    Returns:
        The folder.

    Raises:
        UserError: a source cannot be read, or the folder was made in another way.
    """
    output_dir = Path(output_dir)
    settings = {
        "sources": list(map(str, sources)),
        "sample_rate": sample_rate,
        "minutes": minutes,
        "seed": seed,
    }
    if provenance.read_manifest(output_dir / MANIFEST_FILE, settings):
        return output_dir
    place = surroundings() if callable(surroundings) else surroundings
    music = _melodies()
    plans = []
    for number, source in enumerate(sources):
        instrument, voice = open_source(source)
        share = (minutes / len(sources), (seed, number))
        fitting = [m for m in music if m.high - m.low <= voice.high - voice.low]
        fitting = fitting or [
            melodies_lib.make_exercise(voice.low, voice.high, _random(seed), "exercise")
        ]
        pieces = planning.fill("train", fitting, voice, *share, exercises=True)
        plans += [(number, instrument, voice, piece) for piece in pieces]
    with progress(len(plans), "Playing", "piece") as bar:
        for number, instrument, voice, piece in plans:
            path = output_dir / f"{number}_{Path(piece.path).name}"
            if not path.exists():
                sound = instrument.render(piece.performance, sample_rate)
                sound = sound * _gain(instrument, voice, sample_rate)
                io.write(path, place.place(sound, sample_rate, _random(*piece.seed)), sample_rate)
            bar.update(1)
    with replacing(output_dir / MANIFEST_FILE) as temporary:
        temporary.write_text(json.dumps({**settings, "pieces": len(plans)}), "utf-8")
    return output_dir


def open_source(source: str) -> tuple[SampledInstrument | SoundFontInstrument, Voice]:
    """The instrument of a sample library or of a SoundFont's program, and its voice.

    Raises:
        UserError: it cannot be read.
    """
    if match := _SOUNDFONT.fullmatch(str(source)):
        path, name = match.groups()
        if name not in VOICES:
            raise UserError(f"{source}: no voice is known for {name!r}; use {', '.join(VOICES)}")
        return SoundFontInstrument(find_program(name), path), VOICES[name]
    logging.info("%s: listening to its notes", source)
    library = sample_library.read(source)
    instrument = SampledInstrument(library)
    logging.info(
        "%s: %d recordings, MIDI %d to %d, %d dynamics, %s vibrato",
        source,
        len({sample.take.path for sample in library.samples}),
        library.low,
        library.high,
        len(library.layer_edges),
        "with" if library.has_vibrato else "without",
    )
    return instrument, instrument.voice


def _melodies() -> list[Melody]:
    try:
        return melodies_lib.read_corpus()
    except UserError:
        logging.info("music21 is not installed: built-in melodies and exercises are played")
        return list(melodies_lib.BUILT_IN)


def _gain(instrument, voice, sample_rate):
    """What brings a loud note of an instrument to one level, whatever its source."""
    note = Note((voice.low + voice.high) // 2, _LOUD, 0.0, 1.0)
    sound = instrument.render([note], sample_rate)
    level = np.sqrt(np.mean(np.square(sound[:sample_rate], dtype=np.float64)))
    return db_to_amplitude(_LEVEL_DB) / max(level, 1e-6)


def _random(*seed):
    return np.random.default_rng(seed)
