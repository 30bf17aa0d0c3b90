"""Writes a program of a SoundFont as a folder of notes in NSynth's layout.

    python -m pix2pix_tt.build_instrument --soundfont=FluidR3_GM.sf2 --program=46 --output=notes

It writes OUTPUT/NAME-PITCH-VELOCITY.wav for the pitches 22 to 107 and the velocities 25, 50, 100
and 127: 4 s at 16 kHz, of which 3 s are held. pix2pix_tt.synthesize_audios reads the folder as
--nsynth_path. What is there is kept, so the same command continues.
"""

from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, path_flags

_SOUNDFONT = path_flags.DEFINE_path("soundfont", None, "SoundFont file; by default the system's.")
_PROGRAM = flags.DEFINE_integer(
    "program", None, "General MIDI program.", lower_bound=0, upper_bound=127, required=True
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Folder to write into.", required=True)
_NAME = flags.DEFINE_string(
    "name", None, "INSTRUMENT_SOURCE_PRESET, such as guitar_acoustic_000; by default the program's."
)


def main():
    """Renders the notes that are missing."""
    from audio_tt.music.instruments import program_name
    from pix2pix_tt.synthesis import nsynth_folder

    app.parse_gin()
    name = _NAME.value or f"{program_name(_PROGRAM.value)}_000"
    written = nsynth_folder.build(_SOUNDFONT.value, _PROGRAM.value, Path(_OUTPUT.value), name)
    logging.info("%s: %d notes of %s written", _OUTPUT.value, written, name)


if __name__ == "__main__":
    app.run(main)
