"""Plays a recording on another instrument.

timbre-transfer song.wav flute.wav --instrument=flute
timbre-transfer song.wav guitar.wav --system=pix2pix --instrument=guitar_acoustic
"""

import sys

from absl import flags

from audio_tt import app
from audio_tt.errors import UserError
from timbre_tt import systems

_SYSTEM = flags.DEFINE_enum(
    "system", "ddsp", systems.NAMES, "How it is done; each has flags of its own."
)
_INSTRUMENT = flags.DEFINE_string("instrument", None, "What to play on; see --list_instruments.")
_LIST = flags.DEFINE_bool("list_instruments", False, "Print the instruments and stop.")


def main(input_path=None, output_path=None):
    """One recording, one instrument."""
    if _LIST.value:
        for name in systems.NAMES:
            print("\n  ".join([f"--system={name}", *systems.instruments(name)]))
        return None
    if input_path is None or output_path is None:
        raise UserError("name a recording and a file to write: timbre-transfer INPUT OUTPUT")
    system = systems.load(_SYSTEM.value)
    return system.transfer(input_path, output_path, _INSTRUMENT.value or system.INSTRUMENT)


def command():
    """Entry point of the console command `timbre-transfer`."""
    flags.adopt_module_key_flags(systems.load(system_named_in(sys.argv[1:])))
    app.run(main, positional="[INPUT] [OUTPUT]")


def system_named_in(arguments):
    """The value of --system, which must be known before the other flags can be read."""
    chosen = _SYSTEM.default
    for word, after in zip(arguments, [*arguments[1:], None], strict=True):
        if word == "--":
            break
        name, _, value = word.partition("=")
        if name in ("-system", "--system"):
            chosen = value or after
    return chosen if chosen in systems.NAMES else _SYSTEM.default


if __name__ == "__main__":
    command()
