"""Measures every included model on the same held-out music, and writes docs/results.md.

python -m timbre_tt.benchmark_suite

The music is rendered with a SoundFont on the instrument that goes in and on the one that should
come out, so that every output has a parallel target. Rows of systems that --systems leaves out stay
as they are, if they were measured on the same music, SoundFont and packages. What became better or
worse since the last time is printed.
"""

from pathlib import Path

from absl import flags

from audio_tt.command import app, ending, path_flags, pitch_flags
from audio_tt.errors import UserError, did_you_mean
from audio_tt.music import soundfont
from timbre_tt import systems

_OUTPUT = path_flags.DEFINE_path("output", "docs/results.md", "Markdown; .json goes beside.")
_INSTRUMENTS = flags.DEFINE_list("instruments", None, "Of which tasks; all by default.")
_SYSTEMS = flags.DEFINE_list("systems", list(systems.NAMES), "Which to measure.")
_SOUNDFONT = path_flags.DEFINE_path(
    "soundfont", soundfont.USUAL_SOUNDFONT, "That renders the music; a file, or a system font."
)
_MOST = flags.DEFINE_integer("most", 2, "Pieces a task, of four or three.", lower_bound=1)
flags.adopt_module_key_flags(pitch_flags)


def main() -> None:
    """One task an instrument: render, play, measure, write."""
    unknown = set(_SYSTEMS.value) - set(systems.NAMES)
    if unknown:
        near = did_you_mean(min(unknown), systems.NAMES)
        names = ", ".join(systems.NAMES)
        raise UserError(f"no system is called {min(unknown)}; there are {names}{near}")

    from timbre_tt.comparison import results, side_by_side

    made_with = results.setup(_SOUNDFONT.value)
    print(f"Rendered by {made_with}.")
    path = Path(_OUTPUT.value)
    known = results.read(path)
    wanted = _INSTRUMENTS.value or results.instruments()
    for instrument in wanted:
        recordings = results.recordings(instrument, _SOUNDFONT.value)[: _MOST.value]
        _, rows = side_by_side.run(
            recordings,
            instrument,
            names=_SYSTEMS.value,
            soundfont=_SOUNDFONT.value,
            known_notes=False,
            **pitch_flags.options(),
        )
        for line in results.add(known, instrument, len(recordings), rows, made_with):
            print(line)
        results.write(path, known)
    ending.say_written(path)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
