"""Writes an instrument as a folder of notes in NSynth's layout.

    python -m pix2pix_tt.build_instrument --soundfont=FluidR3_GM.sf2 --program=46 --output=notes
    python -m pix2pix_tt.build_instrument --samples=takes/soft,takes/loud --output=notes \\
        --name=keyboard_acoustic_000 --sample_rate=44100

The second are sample libraries: folders of recorded notes with their names (A#3, Bb2, a MIDI
number), or SFZ files. It writes OUTPUT/NAME-PITCH-VELOCITY.wav for the pitches 22 to 107 and the
velocities 25, 50, 100 and 127: 4 s, of which 3 s are held. pix2pix_tt.synthesize_audios reads the
folder as --nsynth_path. What is there is kept, so the same command continues.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, path_flags
from audio_tt.errors import UserError

_SOUNDFONT = path_flags.DEFINE_path("soundfont", None, "SoundFont file; by default the system's.")
_PROGRAM = flags.DEFINE_integer(
    "program", None, "Program of the SoundFont.", lower_bound=0, upper_bound=127
)
_BANK = flags.DEFINE_integer("bank", 0, "Its bank in the SoundFont.", lower_bound=0)
_SAMPLES = path_flags.DEFINE_paths(
    "samples",
    None,
    "Folder of recorded notes, or SFZ file, in place of a SoundFont; several, comma-separated, are "
    "layers, the softest first.",
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write into.", required=True)
_NAME = flags.DEFINE_string(
    "name", None, "INSTRUMENT_SOURCE_PRESET, such as guitar_acoustic_000; by default the program's."
)
_RATE = flags.DEFINE_integer("sample_rate", 16000, "Hz of the files.", lower_bound=1000)


def main() -> None:
    """Renders the notes that are missing."""
    from pix2pix_tt.synthesis import nsynth_folder

    sources = _sources()
    written = nsynth_folder.build(sources, Path(_OUTPUT.value), _RATE.value)
    logging.info("%d notes of %s", written, sources[0].name)
    ending.say_written(_OUTPUT.value)


def _sources():
    from audio_tt.music.instruments import program_name
    from audio_tt.music.soundfont import find_soundfont
    from pix2pix_tt.synthesis.note_banks import Source

    if bool(_SAMPLES.value) == (_PROGRAM.value is not None):
        raise UserError("give either --program, of a SoundFont, or --samples.")
    if _PROGRAM.value is not None:
        name = _NAME.value or f"{program_name(_PROGRAM.value)}_000"
        return [Source(name, find_soundfont(_SOUNDFONT.value), _PROGRAM.value, _BANK.value)]
    places = [Path(place) for place in _SAMPLES.value]
    for place in places:
        if not place.exists():
            raise UserError(f"{place}: no such folder or SFZ file; check --samples.")
    name = _NAME.value or f"{places[0].stem}_000"
    return [Source(name, place, is_library=True) for place in places]


if __name__ == "__main__":
    app.run(main, reads_gin=False)
