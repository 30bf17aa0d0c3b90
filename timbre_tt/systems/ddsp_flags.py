"""The flags of `timbre-transfer --system=ddsp`: pitch tracking, fitting to the instrument."""

from absl import flags

from audio_tt.command import gin_flags, pitch_flags
from ddsp_tt import transfer_flags

flags.adopt_module_key_flags(transfer_flags)
flags.adopt_module_key_flags(pitch_flags)


def midi() -> str | None:
    """The file or folder for the notes that are played."""
    return transfer_flags.midi()


def options() -> dict:
    """Returns the flags as keyword arguments of `timbre_tt.systems.ddsp.load`."""
    return {"pitch": pitch_flags.options(), **transfer_flags.options(), **gin_flags.given()}
