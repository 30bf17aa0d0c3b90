"""Lets every system play the same recordings, and writes a page with all of it side by side.

python -m timbre_tt.compare --input=song.wav --instrument=flute --output=report

Open report/index.html in a browser; metrics.csv and metrics.json hold the figures. Notes of a MIDI
file beside a recording (song.mid) are played on the sampled instrument as they stand.
"""

import html
import shlex
from pathlib import Path

from absl import flags

from audio_tt.command import app, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import batches, io
from audio_tt.music import instruments, soundfont
from timbre_tt import systems

_INPUT = path_flags.DEFINE_paths("input", None, "Recordings, folders or globs.", required=True)
_TARGET = path_flags.DEFINE_paths(
    "target", [], "The same music on the instrument, one recording for each, in the same order."
)
_INSTRUMENT = flags.DEFINE_string("instrument", "flute", "What to play on.")
_OUTPUT = path_flags.DEFINE_path("output", "report", "Folder for the page, the sounds and figures.")
_STYLE = path_flags.DEFINE_path(
    "style",
    None,
    "Recording whose sound the style system takes, instead of the included one.",
)
_SOUNDFONT = path_flags.DEFINE_path("soundfont", None, "For the sampled notes; the system's.")
flags.adopt_module_key_flags(pitch_flags)


def main() -> int:
    """All recordings, all systems, one page."""
    if not _STYLE.value:
        _check(_INSTRUMENT.value)
    paths = io.find_audio(_INPUT.value)
    targets = io.find_audio(_TARGET.value) if _TARGET.value else [None] * len(paths)
    if len(targets) != len(paths):
        raise UserError(f"--target names {len(targets)} recordings, --input {len(paths)}")
    if _STYLE.value:
        io.info(_STYLE.value)
    if _SOUNDFONT.value:
        soundfont.find_soundfont(_SOUNDFONT.value)

    from timbre_tt.comparison import report_page, side_by_side

    names = batches.names(paths)
    recordings, failed = batches.each(
        lambda pair: side_by_side.read(*pair, names[pair[0]]), zip(paths, targets, strict=True)
    )
    instrument = _INSTRUMENT.value
    sources, rows = side_by_side.run(
        recordings,
        instrument,
        options={"style": {"style": _STYLE.value}} if _STYLE.value else None,
        soundfont=_SOUNDFONT.value,
        **pitch_flags.options(),
    )
    if all(row.why_not for row in rows[1:]):
        raise UserError(f"nothing plays {instrument!r}: {rows[1].why_not}")
    output = Path(_OUTPUT.value)
    count = "One recording" if len(recordings) == 1 else f"{len(recordings)} recordings"
    report_page.write(
        output,
        f"{count}, every way to the {instrument.replace('_', ' ')}",
        "<p>" + html.escape(_INTRODUCTION) + "</p>",
        recordings,
        sources,
        rows,
    )
    for row in rows:
        if row.why_not:
            print(f"{row.label}: {row.why_not}")
    print(f"Open {shlex.quote(str(output / 'index.html'))} in a browser.")
    return 1 if failed else 0


def _check(instrument):
    """Raises UserError before the work where no system, and no sampled instrument, is called so."""
    try:
        systems.best_for(instrument)
    except UserError as error:
        try:
            instruments.find_program(instrument)
        except UserError:
            raise error from None


_INTRODUCTION = (
    "Pitch, notes and the course of loudness are compared with the input; the rest with a "
    "recording of the same music on the instrument, where there is one. MFCC-Frechet says how near "
    "the sound is to the instrument's, whatever it plays. All figures are of 16 kHz, mono."
)

if __name__ == "__main__":
    app.run(main, reads_gin=False)
