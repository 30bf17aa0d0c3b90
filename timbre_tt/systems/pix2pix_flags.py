"""The flags of `timbre-transfer --system=pix2pix`: playing through a generator, and the style."""

from absl import flags

from audio_tt.command import gin_flags, path_flags
from pix2pix_tt import transfer_flags

_STYLE = path_flags.DEFINE_path(
    "style",
    None,
    "What a conditioned model plays: an instrument that it knows, a recording, a slice (.npy).",
)
flags.adopt_module_key_flags(transfer_flags)


def options() -> dict:
    """Returns the flags as keyword arguments of `timbre_tt.systems.pix2pix.load`."""
    return {"style": _STYLE.value, **transfer_flags.options(), **gin_flags.given()}
