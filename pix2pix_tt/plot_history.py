"""Draws the figures of a training over its epochs.

python -m pix2pix_tt.plot_history models/keyboard_acoustic_2_guitar_acoustic/history.csv
"""

from pathlib import Path

from audio_tt.command import app, ending, path_flags
from audio_tt.errors import UserError

_HISTORY = path_flags.DEFINE_path(
    "history_path", None, "The history.csv, ours or the original's, or the folder that holds it."
)
_OUTPUT = path_flags.DEFINE_path("output", None, "The PNG to write; beside the table by default.")


def main(history_path: str | Path | None = None) -> None:
    """Draws it."""
    from audio_tt.plots import charts
    from pix2pix_tt.training import history

    if (history_path is None) == (_HISTORY.value is None):
        raise UserError("name one history.csv, as an argument or with --history_path")
    path = Path(history_path or _HISTORY.value)
    path = path / "history.csv" if path.is_dir() else path
    output = _OUTPUT.value or path.with_suffix(".png")
    charts.history(output, history.read(path))
    ending.say_written(output)


if __name__ == "__main__":
    app.run(main, positional="[HISTORY]", reads_gin=False)
