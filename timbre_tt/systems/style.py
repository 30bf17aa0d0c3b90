"""Any recording as the style of any other, by Gram matrices of random filters; chords too."""

from pathlib import Path
from typing import Any

from audio_tt.errors import UserError
from audio_tt.playing.player import Player
from timbre_tt.comparison import held_out_music

INSTRUMENT = "style"  # whatever --style is a recording of


def instruments() -> dict[str, str]:
    """Those that a clip of is included; with --style, whatever that is a recording of."""
    return dict.fromkeys(held_out_music.clips(), "anything, chords too")


def card(instrument: str) -> str:
    """Where the clip of an instrument comes from."""
    clip = held_out_music.clip(instrument)
    return (
        "summary: a clip of nine seconds lends its sound\n\n"
        f"`{clip.name}`: music that no included model has learned from, on an instrument of "
        "FluidR3 GM (MIT licence).\n"
    )


def plays(path: Path) -> bool:
    """No: a style is a recording, which --style names."""
    return False


def load(instrument: str, style: str | None = None, **options: Any) -> Player:
    """The player of a style.

    Args:
      instrument: one that a clip of is included; with a style, the name of anything.
      style: sound file; None takes the clip of the instrument.
      **options: of `style_tt.playing.loading.load_player`.
    """
    if style is None and instrument == INSTRUMENT:
        raise UserError("name a recording whose sound is wanted, --style=FILE, or an instrument")
    style = held_out_music.clip(instrument) if style is None else style

    from style_tt.playing import loading

    return loading.load_player(style, **options)
