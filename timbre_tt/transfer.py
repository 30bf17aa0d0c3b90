"""Plays a recording on another instrument.

timbre-transfer song.wav flute.wav --instrument=flute
"""

from absl import flags

from audio_tt import app, io, pitch_flags
from audio_tt.errors import UserError
from ddsp_tt import transfer_flags

_INSTRUMENT = flags.DEFINE_string("instrument", "flute", "What to play on; see --list_instruments.")
_LIST = flags.DEFINE_bool("list_instruments", False, "Print the instruments and stop.")
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(transfer_flags)


def main(input_path=None, output_path=None):
    """One recording, one instrument."""
    if _LIST.value:
        from ddsp_tt import catalogue

        print("\n".join(catalogue.instruments()))
        return
    if input_path is None or output_path is None:
        raise UserError("name a recording and a file to write: timbre-transfer INPUT OUTPUT")
    io.check_writable(output_path)
    audio, sample_rate = io.read(input_path, sample_rate=16000)

    from ddsp_tt import catalogue, loading, transfer

    trained = loading.load(catalogue.folder(_INSTRUMENT.value))
    measured = transfer.measure(audio, input_path, **pitch_flags.options())
    blocks = transfer.play(trained, measured, len(audio), **transfer_flags.options())
    io.write(output_path, blocks, sample_rate)


def command():
    """Entry point of the console command `timbre-transfer`."""
    app.run(main, positional="[INPUT] [OUTPUT]")


if __name__ == "__main__":
    command()
