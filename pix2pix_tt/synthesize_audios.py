"""Records pieces with several instruments, note by note.

    python -m pix2pix_tt.synthesize_audios --nsynth_path=nsynth/audio --midi_path=midi \\
        --audios_path=data/audios

With a SoundFont instead of NSynth's notes, and with the pieces that come with music21:

    python -m pix2pix_tt.synthesize_audios --soundfont=FluidR3_GM.sf2 --midi_path=music21:train \\
        --audios_path=data/audios/train

It writes AUDIOS/INSTRUMENT/PIECE.wav. What is there is kept, so the same command continues.
--copies plays each piece again in other keys and tempi, as PIECE_copy1.wav, ...; --effects_on puts
the recordings of some instruments through equalisers, rooms and echoes (gin: Augmentation).
--origin_sources lets many instruments of a kind play the recordings to start from:

    python -m pix2pix_tt.synthesize_audios --gin_file=pix2pix/pianos.gin \\
        --midi_path=music21:train --audios_path=data/audios/train
"""

import importlib
from pathlib import Path

from absl import flags, logging

from audio_tt.command import app, ending, gin_flags, parallel_flags, path_flags
from audio_tt.errors import UserError

_NSYNTH_PATH = path_flags.DEFINE_path("nsynth_path", None, "Folder of NSynth's notes.")
_SOUNDFONT = path_flags.DEFINE_path(
    "soundfont", None, "SoundFont file to take the notes from; by default the system's."
)
_MIDI_PATH = path_flags.DEFINE_path(
    "midi_path", None, "Folder of MIDI files, or music21:train or music21:test.", required=True
)
_AUDIOS_PATH = path_flags.DEFINE_path("audios_path", None, "Folder to write into.", required=True)
_PLAYBACK_SPEED = flags.DEFINE_float(
    "playback_speed", None, "2 plays twice as fast.", lower_bound=0.01
)
_DURATION_RATE = flags.DEFINE_float(
    "duration_rate", None, "How much longer notes last than written (4).", lower_bound=0.01
)
_TRANSPOSE = flags.DEFINE_integer("transpose", None, "Semitones to play higher.")
_INSTRUMENTS = flags.DEFINE_list(
    "instruments",
    None,
    "keyboard_acoustic,guitar_acoustic,string_acoustic,synth_lead_synthetic by default. With a "
    "SoundFont also violin, flute, ... and program_NN; with NSynth any name it has, such as "
    "guitar_acoustic_010.",
)
_ORIGIN = flags.DEFINE_string(
    "origin", None, "The instrument that --origin_sources play (keyboard_acoustic)."
)
_ORIGIN_SOURCES = path_flags.DEFINE_paths(
    "origin_sources",
    None,
    "Several sources of its notes, of which each recording is played by one: FILE.sf2:PROGRAM, "
    "FILE.sf2:BANK:PROGRAM, FOLDER:NAME of notes in NSynth's layout, or the folder or SFZ file "
    "of a sample library; comma-separated, or the flag again.",
)
_COPIES = flags.DEFINE_integer(
    "copies", None, "How often each piece is played again in another way (0).", lower_bound=0
)
_EFFECTS_ON = flags.DEFINE_list("effects_on", None, "Instruments that get effects (none).")
_SEED = flags.DEFINE_integer("seed", None, "Of the copies and effects (0).", lower_bound=0)
flags.adopt_module_key_flags(parallel_flags)


def main() -> None:
    """Records all pieces."""
    from audio_tt import settings
    from pix2pix_tt.synthesis import recordings
    from pix2pix_tt.synthesis.augmentation import Augmentation
    from pix2pix_tt.synthesis.mixing import Mixer
    from pix2pix_tt.synthesis.sources import origin_sources

    if gin_flags.files():
        importlib.import_module("pix2pix_tt.configurables")  # it may be about training as well
    app.parse_gin()
    app.bind("Mixer.playback_speed", _PLAYBACK_SPEED.value)
    app.bind("Mixer.duration_rate", _DURATION_RATE.value)
    app.bind("Mixer.transpose", _TRANSPOSE.value)
    app.bind("Augmentation.copies", _COPIES.value)
    app.bind("Augmentation.effects_on", _EFFECTS_ON.value)
    app.bind("Augmentation.seed", _SEED.value)
    app.bind("origin_sources.name", _ORIGIN.value)
    app.bind("origin_sources.sources", _ORIGIN_SOURCES.value)
    sources = recordings.find_sources(
        _NSYNTH_PATH.value, _SOUNDFONT.value, _INSTRUMENTS.value, origin_sources()
    )
    mixer, augmentation = Mixer(), Augmentation()
    settings.refuse_unused()
    pieces = recordings.find_pieces(_MIDI_PATH.value)
    folder = Path(_AUDIOS_PATH.value)
    run = parallel_flags.runner(folder)
    done = recordings.record_all(sources, pieces, folder, mixer, augmentation, run)
    if not done:
        raise UserError(f"{_MIDI_PATH.value}: not one piece could be recorded.")
    logging.info("%d of %d pieces by %d instruments", done, len(pieces), len(sources))
    ending.say_written(folder)


if __name__ == "__main__":
    app.run(main)
