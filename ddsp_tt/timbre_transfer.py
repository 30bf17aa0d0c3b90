"""Plays a recording on a trained DDSP model.

python -m ddsp_tt.timbre_transfer --model=runs/flute --input=in.wav --output=out.wav
"""

from absl import flags

from audio_tt.command import app, gin_flags, pitch_flags
from audio_tt.files import io
from ddsp_tt import transfer_flags

_MODEL = flags.DEFINE_string(
    "model", None, "Folder of the trained model, or an instrument's name.", required=True
)
_INPUT = flags.DEFINE_string("input", None, "Recording of one voice.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Sound file to write.", required=True)
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(transfer_flags)


def main():
    """One file through one model."""
    io.info(_INPUT.value)
    io.check_writable(_OUTPUT.value, _INPUT.value)

    from ddsp_tt.playing import transfer
    from ddsp_tt.trained import loading

    trained = loading.load(_MODEL.value, **gin_flags.given())
    audio, sample_rate = io.read(_INPUT.value, trained.model.rates.sample_rate)
    measured = transfer.hear(trained, audio, _INPUT.value, **pitch_flags.options())
    blocks = transfer.play(trained, measured, len(audio), **transfer_flags.options())
    io.write(_OUTPUT.value, blocks, sample_rate)


if __name__ == "__main__":
    app.run(main)
