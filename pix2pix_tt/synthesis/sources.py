"""Where the notes of the instrument to start from come from: several instruments of a kind."""

import re
from collections.abc import Sequence
from pathlib import Path

import gin

from audio_tt.errors import UserError
from audio_tt.music.soundfont import find_soundfont
from pix2pix_tt.synthesis.note_banks import Source

_PRESET = re.compile(r"(?P<file>.+\.sf[23]):(?:(?P<bank>\d+):)?(?P<program>\d+)")


@gin.configurable(module="pix2pix_tt.synthesis")
def origin_sources(sources: Sequence[str] = (), name: str = "keyboard_acoustic") -> list[Source]:
    """Finds several sources of notes for one instrument, of which each piece is played by one.

    Args:
        sources: texts as for `parse_source`.
        name: the instrument, as its folder of recordings shall be called.

    Raises:
        UserError: one of them is not there.
    """
    return [parse_source(text, name) for text in sources]


def parse_source(text: str, name: str) -> Source:
    """Finds one source of notes.

    Args:
        text: `FILE.sf2:PROGRAM` or `FILE.sf2:BANK:PROGRAM`, where the file may lie in the system's
            folders of SoundFonts; `FOLDER:NAME` for notes in NSynth's layout; or the folder or SFZ
            file of a sample library.
        name: the instrument, as its folder of recordings shall be called.

    Raises:
        UserError: it is none of these, or there is no such file or folder.
    """
    if preset := _PRESET.fullmatch(text):
        file = find_soundfont(preset["file"])
        return Source(name, file, int(preset["program"]), int(preset["bank"] or 0))
    if Path(text).is_dir() or (Path(text).is_file() and Path(text).suffix.lower() == ".sfz"):
        return Source(name, Path(text), is_library=True)
    folder, _, notes = text.rpartition(":")
    if folder and Path(folder).is_dir():
        return Source(name, Path(folder), preset=notes)
    raise UserError(
        f"{text!r} is no source of notes; write FILE.sf2:PROGRAM, FILE.sf2:BANK:PROGRAM, "
        "FOLDER:NAME for notes in NSynth's layout, or the FOLDER or SFZ file of a sample library."
    )
