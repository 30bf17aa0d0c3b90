"""Plays recordings on another instrument.

timbre-transfer song.wav flute.wav --instrument=flute
timbre-transfer songs/ 'more/*.mp3' --instrument=guitar_acoustic --output_dir=played

One voice, sung or hummed or played, on flute, violin and others (ddsp, autoencoder); a piano's
chords on a guitar (pix2pix); any sound in the manner of any other (style). Each system has flags of
its own, as in: timbre-transfer --system=style --help
"""

import functools
import itertools
import os
import sys

from absl import flags, logging

from audio_tt.command import app
from audio_tt.errors import UserError
from audio_tt.playing import conversion
from audio_tt.training import parallel
from timbre_tt import systems

_INSTRUMENT = flags.DEFINE_string("instrument", None, "What to play on, such as flute.")
_LIST = flags.DEFINE_bool("list_instruments", False, "Tell who plays what, and stop.")
_SYSTEM = flags.DEFINE_enum(
    "system", None, systems.NAMES, "How; by default the best for the instrument."
)
_OUTPUT_DIR = flags.DEFINE_string("output_dir", None, "For several: writes NAME_INSTRUMENT.wav.")
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace files that are there.")
_JOBS = flags.DEFINE_integer("jobs", 1, "Recordings to play at once.", lower_bound=1)


def main(*words):
    """Any number of recordings, one instrument."""
    if _LIST.value:
        for name in systems.NAMES:
            print(f"--system={name}")
            for instrument, origin in systems.load(name).instruments().items():
                print(f"  {instrument:<18}from {origin}")
        return 0
    instrument = _INSTRUMENT.value or systems.load(_system()).INSTRUMENT
    jobs = conversion.plan(words, _OUTPUT_DIR.value, instrument)
    seconds = [conversion.seconds_of(source) for source, _ in jobs]
    with app.progress(round(sum(seconds)), "Playing", "s") as bar:
        if len(jobs) == 1:
            _play(jobs[0], conversion.Seconds(bar))
            return 0
        return int(_play_all(jobs, seconds, bar) > 0)


def command():
    """Entry point of the console command `timbre-transfer`."""
    _define_flags(sys.argv[1:])
    app.run(main, positional="[INPUT...]")


def _define_flags(arguments):
    """Defines the flags of the system that the arguments ask for, which must be known first."""
    system = systems.load(system_named_in(arguments))
    system.define_flags()
    flags.adopt_module_key_flags(system)


def system_named_in(arguments):
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


def _system():
    return _SYSTEM.value or systems.best_for(_INSTRUMENT.value)


@functools.cache
def _player():
    system = _system()
    instrument = _INSTRUMENT.value or systems.load(system).INSTRUMENT
    return systems.player(system, instrument, **systems.load(system).options())


def _play(job, seconds=None):
    source, target = job
    if target.exists() and not _OVERWRITE.value:  # said before a model is loaded
        raise UserError(f"{target} is there already; --overwrite replaces it")
    conversion.convert(source, target, _player(), seconds)


def _play_all(jobs, seconds, bar):
    """Plays every recording, whatever becomes of the others; returns how many could not be."""
    processes, failed = min(_JOBS.value, len(jobs)), 0
    if processes > 1:
        _share_cores(processes)
    values = flags.FLAGS.flag_values_dict()
    calls = [(job, values) for job in jobs]
    shown = conversion.Seconds(bar)
    for index, message in parallel.run_jobs(_attempt, list(enumerate(calls)), processes):
        shown.add(seconds[index])
        if message:
            logging.error("%s", message)
            failed += 1
    return failed


def _attempt(call):
    """Plays one recording, in any process; returns its number and what was wrong, or None."""
    index, (job, values) = call
    if not flags.FLAGS.is_parsed():
        _define_flags([f"--{name}={values[name]}" for name in ("system", "instrument")])
        flags.FLAGS.mark_as_parsed()
        for name, value in values.items():
            flags.FLAGS[name].value = value
    try:
        _play(job)
    except UserError as error:
        return index, str(error)
    return index, None


def _share_cores(processes):
    """Keeps the processes from using all cores each, which makes all of them slow."""
    threads = str(max(1, parallel.default_processes() // processes))
    for variable in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(variable, threads)


if __name__ == "__main__":
    command()
