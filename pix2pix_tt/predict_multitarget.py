"""Plays a recording through a generator that is shown which instrument to play.

python -m pix2pix_tt.predict_multitarget --model=models/keyboard_acoustic_2_any \\
    --style=guitar_acoustic --input=in.wav --output=out.wav
"""

from absl import flags

from audio_tt.command import app, path_flags
from audio_tt.playing import playing_flags
from pix2pix_tt import transfer_flags

_MODEL = path_flags.DEFINE_path(
    "model", None, "Folder of the model, its weights, or an included name.", required=True
)
_STYLE = path_flags.DEFINE_path(
    "style",
    None,
    "Instrument that the model knows, or an example of any: a recording, a slice (.npy), or a "
    "folder of slices.",
    required=True,
)
_INPUT = path_flags.DEFINE_paths(
    "input", None, "Recording, folder of them, or glob; may be given again.", required=True
)
_OUTPUT = path_flags.DEFINE_path("output", None, "Sound file to write, or a folder.")
flags.adopt_module_key_flags(transfer_flags)
flags.adopt_module_key_flags(playing_flags)


def main() -> int:
    """Any number of recordings through one model."""
    return transfer_flags.run(_MODEL.value, _INPUT.value, _OUTPUT.value, _STYLE.value)


if __name__ == "__main__":
    app.run(main)
