"""Which instrument plays which track of a piece."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from audio_tt.errors import UserError
from audio_tt.music.instruments import VOICES
from audio_tt.music.tracks import Track

# First programs of General MIDI's families, and what stands in for them, the likest first.
_FAMILIES = (
    (0, ("flute", "violin")),
    (40, ("violin", "flute")),
    (42, ("cello", "violin")),
    (44, ("violin", "flute")),
    (56, ("trumpet", "clarinet")),
    (64, ("tenor_sax", "clarinet")),
    (68, ("oboe", "clarinet")),
    (70, ("bassoon", "clarinet")),
    (72, ("flute", "clarinet")),
    (80, ("flute", "violin")),
)


@dataclass(frozen=True)
class Part:
    """A track and who plays it.

    Attributes:
      number: of the track in its file, among those that hold notes and are no drums, from 0.
      track: the notes.
      instrument: a name, or a model's folder or file.
    """

    number: int
    track: Track
    instrument: str


def cast(
    tracks: Sequence[Track],
    instruments: Collection[str],
    instrument: str | None = None,
    chosen: Sequence[str] = (),
) -> list[Part]:
    """Gives each track an instrument.

    Args:
      tracks: of the piece.
      instruments: names of those that there are.
      instrument: plays every track; None for the one that each track's program asks for.
      chosen: "NUMBER:INSTRUMENT" of the tracks that play; all do where it is empty.

    Raises:
      UserError: an entry of `chosen` is not written so, or there is no such track.
    """
    if not chosen:
        return [
            Part(number, track, instrument or of_program(track.program, instruments))
            for number, track in enumerate(tracks)
        ]
    parts = {}
    for entry in chosen:
        number, colon, name = entry.partition(":")
        if not (number.isdecimal() and colon and name):
            raise UserError(f"--tracks={entry}: write NUMBER:INSTRUMENT, as in 0:violin,1:cello")
        if int(number) >= len(tracks):
            raise UserError(f"--tracks={entry}: the tracks with notes are 0 to {len(tracks) - 1}")
        parts[int(number)] = Part(int(number), tracks[int(number)], name)
    return [parts[number] for number in sorted(parts)]


def of_program(program: int, instruments: Collection[str]) -> str:
    """Returns the instrument for a General MIDI program: its own, or the likest that there is.

    Raises:
      UserError: there is no instrument at all.
    """
    own = [name for name, voice in VOICES.items() if voice.program == program]
    family = max(family for family in _FAMILIES if family[0] <= program)[1]
    for name in (*own, *family, *sorted(instruments)):
        if name in instruments:
            return name
    raise UserError("there is no instrument to play notes on")
