"""The flags of `timbre-transfer --system=autoencoder`: pitch tracking and the seed."""

from absl import flags

from audio_tt.command import gin_flags, pitch_flags

_SEED = flags.DEFINE_integer("seed", 0, "Seed of the phase of noise.", lower_bound=0)
flags.adopt_module_key_flags(pitch_flags)


def options() -> dict:
    """Returns the flags as keyword arguments of `timbre_tt.systems.autoencoder.load`."""
    return {"pitch": pitch_flags.chosen(), "seed": _SEED.value, **gin_flags.given()}
