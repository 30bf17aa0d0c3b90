"""Any recording as the style of any other, by Gram matrices of random filters; chords too."""

import tempfile

from audio_tt.errors import UserError
from timbre_tt.systems import Player

INSTRUMENT = "style"  # whatever --style is a recording of


def instruments():
    """None of its own: what it plays on is a recording."""
    return {}


def define_flags():
    """The recording of the style, and those of every command that uses one."""
    from absl import flags

    from style_tt import transfer_flags

    flags.DEFINE_string("style", None, "Recording whose sound is wanted, of any length.")
    flags.adopt_module_key_flags(transfer_flags)


def options():
    """The flags as keyword arguments of `load`."""
    from absl.flags import FLAGS

    from style_tt import transfer_flags

    opened, played = transfer_flags.options()
    return {"style": FLAGS.style, "opened": opened, "played": played}


def load(instrument, style=None, opened=None, played=None):
    """The player of a style.

    Args:
      instrument: `INSTRUMENT`; there is no other.
      style: sound file.
      opened: keyword arguments of `style_tt.conversion.open_session`.
      played: keyword arguments of `style_tt.transfer.Session.play`.
    """
    if instrument != INSTRUMENT:
        raise UserError(f"the system style has no {instrument}; it plays what --style=FILE holds")
    if style is None:
        raise UserError("name a recording whose sound is wanted: --style=FILE")

    from style_tt import conversion
    from style_tt.recordings import Recording

    session = conversion.open_session(style, **(opened or {}))

    def play(blocks, name):
        with tempfile.TemporaryFile() as spool:
            content = Recording.from_blocks(blocks, spool, name)
            yield from session.play(content, **(played or {}))

    return Player(session.representation.sample_rate, keeps_channels=True, function=play)
