"""Plays recordings on another instrument.

timbre-transfer song.wav flute.wav --instrument=flute
timbre-transfer songs/ 'more/*.mp3' --instrument=guitar_acoustic --output_dir=played
timbre-transfer song.mid flute.wav --instrument=flute
timbre-transfer quartet.mid mix.wav --tracks=0:violin,1:violin,3:clarinet

One voice on flute, violin and others (ddsp, autoencoder), a piano's chords on a guitar (pix2pix),
any sound like any other (style); the notes of a MIDI file on what ddsp plays. Each has flags of its
own: timbre-transfer --system=style --help
"""

import functools
import importlib
import itertools
import sys
from collections.abc import Sequence

from absl import flags, logging

from audio_tt.command import app
from audio_tt.errors import UserError
from audio_tt.models import cards
from audio_tt.music import scores
from audio_tt.playing import conversion, midi_files, playing_flags
from timbre_tt import systems

_INSTRUMENT = flags.DEFINE_string(
    "instrument", None, "What to play on, such as flute; or a model's folder or file."
)
_LIST = flags.DEFINE_bool(
    "list_instruments", False, "Tell who plays what, and stop; with --verbosity=1 what each is."
)
_DESCRIBE = flags.DEFINE_string("describe", None, "Print the card of an instrument, and stop.")
_SYSTEM = flags.DEFINE_enum(
    "system", None, systems.NAMES, "How; by default the best for the instrument."
)
_TRACKS = flags.DEFINE_list(
    "tracks", [], "Of a MIDI file, NUMBER:INSTRUMENT of the tracks that play; all by default."
)
flags.adopt_module_key_flags(playing_flags)


def main(*words: str) -> int:
    """Any number of recordings, one instrument; or pieces of notes."""
    if _LIST.value:
        return _list()
    if _DESCRIBE.value:
        return _describe(_DESCRIBE.value)
    name = _SYSTEM.value or systems.best_for(_INSTRUMENT.value)
    system = systems.load(name)
    instrument = _INSTRUMENT.value or system.INSTRUMENT
    folder, ending = playing_flags.output_dir(), "_" + systems.title(instrument)
    if folder is None and len(words) != 2:
        raise UserError(
            "name a recording and a file to write, timbre-transfer INPUT OUTPUT; or recordings and "
            "--output_dir=DIR"
        )
    inputs, output = (words, None) if folder else (words[:1], words[1])
    own = _flags_of(name)
    jobs = conversion.plan(inputs, output, folder, ending)
    if any(scores.is_score(job.source) for job in jobs):
        return _play_scores(jobs)
    if _TRACKS.value:
        raise UserError("--tracks goes with MIDI files; a recording has none")
    if hasattr(own, "midi"):
        jobs = midi_files.with_midi(jobs, own.midi())
    load = functools.partial(systems.player, name, instrument, **own.options())
    return conversion.play_all(jobs, load, playing_flags.output())


def _play_scores(jobs):
    others = [job.source for job in jobs if not scores.is_score(job.source)]
    if others:
        raise UserError(f"{others[0]}: no piece of notes; play recordings and notes one by one")
    from timbre_tt.scores import casting, playing

    instrument = _INSTRUMENT.value
    if (_SYSTEM.value or systems.best_for(instrument)) != "ddsp":
        raise UserError("notes are played by the instruments of --system=ddsp")
    if _flags_of("ddsp").midi():
        raise UserError("--midi goes with recordings; the notes of these are in files already")
    ddsp = systems.load("ddsp")
    cast = functools.partial(
        casting.cast,
        instruments=ddsp.instruments(),
        instrument=instrument,
        chosen=_TRACKS.value,
    )
    options = _flags_of("ddsp").options()
    load = functools.partial(systems.player, "ddsp", **options)
    return playing.play_all(jobs, cast, load, playing_flags.output())


def _list():
    for name in systems.NAMES:
        print(f"--system={name}")
        system = systems.load(name)
        for instrument, origin in system.instruments().items():
            said = cards.summary(system.card(instrument)) if logging.get_verbosity() > 0 else ""
            print(f"  {instrument:<18}from {origin}" + (f": {said}" if said else ""))
    return 0


def _describe(instrument):
    name = _SYSTEM.value or systems.best_for(instrument)
    print(systems.load(name).card(instrument) or f"{instrument} ({name}): it has no card.")
    return 0


def command() -> None:
    """Entry point of the console command `timbre-transfer`."""
    _define_flags(sys.argv[1:])
    app.run(main, positional="[INPUT...]")


def _define_flags(arguments):
    """Defines the flags of the system that the arguments ask for, which must be known first."""
    flags.adopt_module_key_flags(_flags_of(system_named_in(arguments)))


def _flags_of(system):
    return importlib.import_module(f"timbre_tt.systems.{system}_flags")


def system_named_in(arguments: Sequence[str]) -> str:
    """The value of --system, or else the best for --instrument; the first where that is unknown."""
    chosen = _value_of("system", arguments)
    if chosen in systems.NAMES:
        return chosen
    try:
        return systems.best_for(_value_of("instrument", arguments))
    except UserError:
        return systems.NAMES[0]


def _value_of(flag, arguments):
    value = None
    for word, after in itertools.zip_longest(arguments, arguments[1:]):
        if word == "--":
            break
        name, _, given = word.partition("=")
        if name in (f"-{flag}", f"--{flag}"):
            value = given or after
    return value


if __name__ == "__main__":
    command()
