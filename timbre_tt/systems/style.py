"""Any recording as the style of any other, by Gram matrices of random filters; chords too."""

import tempfile

from audio_tt.errors import UserError
from timbre_tt.comparison import held_out_music
from timbre_tt.systems import Player

INSTRUMENT = "style"  # whatever --style is a recording of


def instruments():
    """Those that a clip of is included; with --style, whatever that is a recording of."""
    return dict.fromkeys(held_out_music.clips(), "anything, chords too")


def load(instrument, style=None, opened=None, played=None):
    """The player of a style.

    Args:
      instrument: one that a clip of is included; with a style, the name of anything.
      style: sound file; None takes the clip of the instrument.
      opened: keyword arguments of `style_tt.playing.conversion.open_session`.
      played: keyword arguments of `style_tt.playing.transfer.Session.play`.
    """
    if style is None and instrument == INSTRUMENT:
        raise UserError("name a recording whose sound is wanted, --style=FILE, or an instrument")
    style = held_out_music.clip(instrument) if style is None else style

    from style_tt.playing import conversion
    from style_tt.playing.recordings import Recording

    session = conversion.open_session(style, **(opened or {}))

    def play(blocks, name):
        with tempfile.TemporaryFile() as spool:
            content = Recording.from_blocks(blocks, spool, name)
            yield from session.play(content, **(played or {}))

    return Player(session.representation.sample_rate, keeps_channels=True, function=play)
