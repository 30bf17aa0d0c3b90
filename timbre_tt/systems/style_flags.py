"""The flags of `timbre-transfer --system=style`: the recording of the style and how to use it."""

from absl import flags

from audio_tt.command import path_flags
from style_tt import transfer_flags

_STYLE = path_flags.DEFINE_path("style", None, "Recording whose sound is wanted, of any length.")
flags.adopt_module_key_flags(transfer_flags)


def options() -> dict:
    """Returns the flags as keyword arguments of `timbre_tt.systems.style.load`."""
    return {"style": _STYLE.value, **transfer_flags.options()}
