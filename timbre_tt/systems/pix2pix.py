"""Spectrograms drawn by a U-Net; chords and stereo too."""

from absl import flags

from pix2pix_tt import catalogue, transfer_flags

INSTRUMENT = "guitar_acoustic"
_STYLE = flags.DEFINE_string(
    "style",
    None,
    "What a conditioned model plays: an instrument that it knows, a recording, a slice (.npy).",
)
flags.adopt_module_key_flags(transfer_flags)


def transfer(input_path, output_path, instrument):
    """Plays a file, or a folder of files, on an instrument of the catalogue."""
    folder = catalogue.folder(instrument)
    return transfer_flags.run(folder, input_path, output_path, _STYLE.value)
