"""What can be played on, by which systems, and what is said of it in a line."""

from collections.abc import Iterable

from audio_tt.errors import UserError
from audio_tt.models import cards as model_cards
from timbre_tt import systems

BEST = "best"
SYSTEMS = {
    BEST: "The best for each instrument",
    "ddsp": "DDSP: one voice, truest to pitch and dynamics",
    "pix2pix": "Pix2Pix: chords and stereo",
    "autoencoder": "Autoencoder: one voice",
    "style": "Style: the colour of any sound on any other",
}


def instruments() -> dict[str, str]:
    """{name: title} of everything that any system plays on, in alphabetical order."""
    names = {name for system in systems.NAMES for name in systems.load(system).instruments()}
    return {name: title(name) for name in sorted(names)}


def title(instrument: str) -> str:
    """An instrument's name as it is read: "Flute 48 kHz" of `flute_48k`."""
    words = instrument.replace("_48k", "_48 kHz").replace("_", " ")
    return words[:1].upper() + words[1:]


def system_for(instrument: str, system: str = BEST) -> str:
    """The system that plays an instrument.

    Args:
      instrument: by name.
      system: the one that is wanted, or `BEST`.

    Raises:
      UserError: there is no such instrument or system, or the one does not play the other.
    """
    if system not in SYSTEMS:
        raise UserError(f"no system is called {system!r}; there are: {', '.join(SYSTEMS)}")
    if instrument not in instruments():
        known = ", ".join(instruments())
        raise UserError(f"no instrument is called {instrument!r}; there are: {known}")
    if system == BEST:
        return systems.best_for(instrument)
    if instrument not in systems.load(system).instruments():
        others = [name for name in systems.NAMES if instrument in systems.load(name).instruments()]
        raise UserError(f"{system} does not play the {instrument}; {' and '.join(others)} do")
    return system


def card(instrument: str, system: str = BEST) -> str:
    """What an instrument is, by its model's card, and what it plays from, in one line."""
    module = systems.load(system_for(instrument, system))
    said = model_cards.summary(module.card(instrument))
    source = f"takes {module.instruments()[instrument]}."
    return f"{title(instrument)}: {said}; {source}" if said else f"{title(instrument)}: {source}"


def cards(names: Iterable[str], system: str = BEST) -> list[str]:
    """`card` of each; of one that the system does not play, why not."""
    lines = []
    for name in names:
        try:
            lines.append(card(name, system))
        except UserError as error:
            lines.append(f"{title(name)}: {error}.")
    return lines
