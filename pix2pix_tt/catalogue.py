"""The trained generators that come with the package."""

from pathlib import Path

from audio_tt.errors import UserError

_PRETRAINED = Path(__file__).with_name("pretrained")


def instruments():
    """Their names, sorted."""
    return sorted(path.parent.name for path in _PRETRAINED.glob("*/generator.h5"))


def folder(instrument):
    """The model folder of an instrument.

    Raises:
      UserError: there is none of that name.
    """
    if instrument not in instruments():
        known = ", ".join(instruments()) or "none yet"
        raise UserError(f"no instrument is called {instrument!r}; there are: {known}")
    return _PRETRAINED / instrument
