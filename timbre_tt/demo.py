"""Plays a melody on every instrument that comes with the package, and makes a page to hear them.

python -m timbre_tt.demo --input=mine.wav
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, path_flags, pitch_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from timbre_tt import systems

DEMO = Path(__file__).with_name("assets") / "demo.flac"
_TRACKING = ("ddsp", "autoencoder")  # the systems that take the options of pitch tracking

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
    failed = write(source, Path(_OUTPUT.value), instruments, **pitch_flags.options())
    print(f"Open {Path(_OUTPUT.value) / 'index.html'} in a browser.")
    return 1 if failed else 0


def write(
    source: Path, output_dir: Path, instruments: list[tuple[str, str]], **pitch_options
) -> int:
    """Plays a recording on instruments, each at the rate of its model, and writes the page.

    Args:
      source: the recording.
      output_dir: folder for the page and the sounds.
      instruments: (system, instrument), as `timbre_tt.systems` names them.
      **pitch_options: of `audio_tt.pitch.tracking.track`.

    Returns:
      How many instruments could not play; the reason of each is logged.

    Raises:
      UserError: none could.
    """
    from timbre_tt.comparison import report_page, side_by_side

    recording = side_by_side.read(source)
    rows = []
    for system, instrument in app.progress(instruments, "Playing", "instrument"):
        options = {"pitch": pitch_options} if system in _TRACKING else {}
        label = f"{instrument.replace('_', ' ')}, {system}"
        try:
            player = systems.player(system, instrument, **options)
            played = player.render(recording.audio, recording.sample_rate, recording.name)
        except UserError as error:
            logging.error("%s: %s", label, error)
            continue
        heard = side_by_side.analyse(played, player.sample_rate, **pitch_options)
        sound = side_by_side.Sound(recording.name, played, player.sample_rate, heard, {})
        rows.append(side_by_side.Row(label, [sound]))
    if not rows:
        raise UserError(f"no instrument plays {source}")
    heard = side_by_side.analyse(recording.audio, recording.sample_rate, **pitch_options)
    title = f"One melody, {len(rows) + 1} sounds"
    report_page.write(output_dir, title, _INTRODUCTION, [recording], [heard], rows)
    return len(instruments) - len(rows)


_INTRODUCTION = """<p>The first is what went in; the others are that performance on instruments
which learned their sound from recordings. Pitch may have moved by whole octaves into the range of
the instrument, and loudness follows the instrument's own.</p>"""

if __name__ == "__main__":
    app.run(main)
