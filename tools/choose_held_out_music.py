"""Chooses the music of the benchmark suite, and records a short clip of each instrument.

    python -m tools.choose_held_out_music --output_dir=timbre_tt/assets

was run once with FluidR3 (MIT licence) and music21's corpus; its results come with the package.
"""

import json
from pathlib import Path

from audio_tt.command import app, path_flags
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.files.atomic import replacing
from audio_tt.music import corpus
from audio_tt.music.melodies import is_held_out, read_corpus
from timbre_tt.comparison import held_out_music

_OUTPUT_DIR = path_flags.DEFINE_path("output_dir", "timbre_tt/assets", "Folder to write to.")
_SOUNDFONT = path_flags.DEFINE_path("soundfont", None, "SoundFont file; by default the system's.")

MELODIES = (
    "aird/wilkes-s-release",
    "bach/bwv311",
    "oneill/love-s-young-dream",
    "ryan/maid-of-selma-jig",
)
PIECES = ("bach_bwv165-6", "joplin_maple_leaf_rag", "monteverdi_madrigal-4-1")
CLIP_MELODY, CLIP_PIECE = "oneill/shane-o-neill-s-march", "handel_rinaldo_Lascia_chio_pianga"
MELODIC, POLYPHONIC = ("flute", "violin", "trumpet", "clarinet", "oboe"), ("guitar_acoustic",)
SECONDS, CLIP_RATE = 9.0, 44100


def _excerpt(notes, seconds):
    return [note for note in notes if note.end <= seconds]


def main() -> None:
    """Writes held_out_music.json and a clip_INSTRUMENT.ogg for each instrument."""
    by_name = {melody.name: melody for melody in read_corpus()}
    music = {"melodies": {}, "pieces": {}}
    for name in (*MELODIES, CLIP_MELODY):
        if not is_held_out(name):
            raise UserError(f"{name} belongs to the training set")
        melody = by_name[name]
        count = len(_excerpt(melody.at_speed(held_out_music.SECONDS_PER_NOTE), SECONDS))
        music["melodies"][name] = melody.notes[:count]
    for name in (*PIECES, CLIP_PIECE):
        if not corpus.is_held_out(name):
            raise UserError(f"{name} belongs to the training set")
        notes = _excerpt(corpus.read_piece(name, 60.0), SECONDS)
        music["pieces"][name] = [
            [note.pitch, note.velocity, round(note.start, 3), round(note.end, 3)] for note in notes
        ]
    melody = held_out_music.Melody(CLIP_MELODY, tuple(music["melodies"].pop(CLIP_MELODY)))
    piece = [held_out_music.Note(*note) for note in music["pieces"].pop(CLIP_PIECE)]
    output_dir = Path(_OUTPUT_DIR.value)
    with replacing(output_dir / held_out_music.FILE.name) as temporary:
        temporary.write_text(json.dumps(music), "utf-8")
    for instrument in (*MELODIC, *POLYPHONIC):
        played = piece if instrument in POLYPHONIC else held_out_music.play(melody, seed=99)
        audio = held_out_music.render(played, instrument, CLIP_RATE, _SOUNDFONT.value)
        io.write(output_dir / f"clip_{instrument}.ogg", audio, CLIP_RATE)


if __name__ == "__main__":
    app.run(main, reads_gin=False)
