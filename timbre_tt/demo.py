"""Plays a melody on every instrument that comes with the package, and makes a page to hear them.

python -m timbre_tt.demo --input=mine.wav
"""

import shlex
from pathlib import Path

from absl import flags

from audio_tt.command import app, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from timbre_tt import systems

DEMO = Path(__file__).with_name("assets") / "demo.flac"

_INPUT = path_flags.DEFINE_path("input", None, "Recording of one voice; a melody is included.")
_OUTPUT = path_flags.DEFINE_path("output_dir", "demo_output", "Folder for the sounds and the page.")
_SYSTEMS = flags.DEFINE_list("systems", list(systems.NAMES), "Whose instruments are played.")
flags.adopt_module_key_flags(pitch_flags)


def main() -> int:
    """One recording, every instrument."""
    source = Path(_INPUT.value or DEMO)
    unknown = sorted(set(_SYSTEMS.value) - set(systems.NAMES))
    if unknown:
        raise UserError(f"no system is called {unknown[0]}; there are {', '.join(systems.NAMES)}")
    io.info(source)
    instruments = [
        (system, instrument)
        for system in _SYSTEMS.value
        for instrument in systems.load(system).instruments()
    ]
    from timbre_tt.comparison import demo_page

    failed = demo_page.write(source, Path(_OUTPUT.value), instruments, **pitch_flags.options())
    print(f"Open {shlex.quote(str(Path(_OUTPUT.value) / 'index.html'))} in a browser.")
    return 1 if failed else 0


if __name__ == "__main__":
    app.run(main, reads_gin=False)
