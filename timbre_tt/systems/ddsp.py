"""Harmonics and noise driven by one voice's pitch and loudness."""

from absl import flags

from audio_tt import io, pitch_flags
from ddsp_tt import catalogue, transfer_flags

INSTRUMENT = "flute"
flags.adopt_module_key_flags(pitch_flags)
flags.adopt_module_key_flags(transfer_flags)


def transfer(input_path, output_path, instrument):
    """Plays one file on an instrument of the catalogue."""
    folder = catalogue.folder(instrument)
    io.check_writable(output_path)
    audio, sample_rate = io.read(input_path, sample_rate=16000)

    from ddsp_tt import loading, transfer

    trained = loading.load(folder)
    measured = transfer.measure(audio, input_path, trained.convention, **pitch_flags.options())
    blocks = transfer.play(trained, measured, len(audio), **transfer_flags.options())
    io.write(output_path, blocks, sample_rate)
