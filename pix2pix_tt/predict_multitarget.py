"""Plays a recording through a generator that is shown which instrument to play.

python -m pix2pix_tt.predict_multitarget --model=models/keyboard_acoustic_2_any \\
    --style=guitar_acoustic --input=in.wav --output=out.wav
"""

from absl import flags

from audio_tt.command import app
from pix2pix_tt import transfer_flags

_MODEL = flags.DEFINE_string("model", None, "Folder of the model, or generator.h5.", required=True)
_STYLE = flags.DEFINE_string(
    "style",
    None,
    "Instrument that the model knows, or an example of any: a recording, a slice (.npy), or a "
    "folder of slices.",
    required=True,
)
_INPUT = flags.DEFINE_string("input", None, "Recording, or a folder of them.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Sound file to write, or a folder.", required=True)
flags.adopt_module_key_flags(transfer_flags)


def main():
    """One file, or a folder, through one model."""
    return transfer_flags.run(_MODEL.value, _INPUT.value, _OUTPUT.value, _STYLE.value)


if __name__ == "__main__":
    app.run(main)
