"""One melody on every instrument, as a page to hear."""

from pathlib import Path
from typing import Any

from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from timbre_tt import systems
from timbre_tt.comparison import report_page, side_by_side

_TRACKING = ("ddsp", "autoencoder")  # the systems that take the options of pitch tracking
_INTRODUCTION = """<p>The first is what went in; the others are that performance on instruments
which learned their sound from recordings. Pitch may have moved by whole octaves into the range of
the instrument, and loudness follows the instrument's own.</p>"""


def write(
    source: Path, output_dir: Path, instruments: list[tuple[str, str]], **pitch_options: Any
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
    recording = side_by_side.read(source)
    rows = []
    for system, instrument in progress(instruments, "Playing", "instrument"):
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
