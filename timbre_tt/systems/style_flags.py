"""The flags of `timbre-transfer --system=style`: the recording of the style and how to use it."""

from absl import flags

from style_tt import transfer_flags

_STYLE = flags.DEFINE_string("style", None, "Recording whose sound is wanted, of any length.")
flags.adopt_module_key_flags(transfer_flags)


def options() -> dict:
    """Returns the flags as keyword arguments of `timbre_tt.systems.style.load`."""
    return {"style": _STYLE.value, **transfer_flags.options()}
