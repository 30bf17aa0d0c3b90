"""Plays recordings on a trained DDSP model.

python -m ddsp_tt.timbre_transfer --model=runs/flute --input=in.wav --output=out.wav
python -m ddsp_tt.timbre_transfer --model=flute --input=songs/ --output_dir=played
python -m ddsp_tt.timbre_transfer --model=flute --input=in.wav --output=out.wav --midi=out.mid
"""

import functools
from typing import Any

from absl import flags

from audio_tt.command import app, gin_flags, path_flags, pitch_flags
from audio_tt.playing import conversion, midi_files, playing_flags
from ddsp_tt import transfer_flags

_MODEL = path_flags.DEFINE_path(
    "model",
    None,
    "Folder of the trained model, its weights (.h5), or an instrument's name.",
    required=True,
)
_INPUT = path_flags.DEFINE_paths(
    "input", None, "Recording of one voice, folder or glob; may be given again.", required=True
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Sound file to write; for several, a folder.")
flags.adopt_module_key_flags(playing_flags)
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(transfer_flags)


def main() -> int:
    """Recordings through one model."""
    jobs = conversion.plan(_INPUT.value, _OUTPUT.value, playing_flags.output_dir())
    jobs = midi_files.with_midi(jobs, transfer_flags.midi())
    load = functools.partial(
        load_player,
        _MODEL.value,
        gin_flags.given(),
        pitch=pitch_flags.options(),
        **transfer_flags.options(),
    )
    return conversion.play_all(jobs, load, playing_flags.output())


def load_player(model: Any, settings: Any, **options: Any) -> Any:
    """A `DdspPlayer` of a model, with further gin settings."""
    from ddsp_tt.playing.player import DdspPlayer
    from ddsp_tt.trained import instruments

    return DdspPlayer(instruments.load(model, **settings), **options)


if __name__ == "__main__":
    app.run(main)
