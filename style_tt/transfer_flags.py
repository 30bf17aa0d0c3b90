"""The flags of every command that gives a recording the style of another."""

from absl import flags

from audio_tt.command import gin_flags, path_flags

_STRENGTH = flags.DEFINE_float(
    "strength", 1.0, "0 (the content) to 1 (all of the style).", lower_bound=0.0, upper_bound=1.0
)
_BANDS = flags.DEFINE_string(
    "bands", None, "Strength by frequency, HZ:STRENGTH with even passages, as 200:0,2000:1."
)
_STEPS = flags.DEFINE_integer("steps", None, "Steps at most.", lower_bound=0)
_SEED = flags.DEFINE_integer(
    "seed", None, "Of the network's weights, of noise and of random phase.", lower_bound=0
)
_LOAD = path_flags.DEFINE_path("load_network", None, "File (.h5) to take the random weights from.")


def options() -> dict:
    """Keyword arguments of `style_tt.playing.loading.load_player`.

    Raises:
      UserError: the bands cannot be read.
    """
    from style_tt.playing.mixing import parse_bands

    return {
        "steps": _STEPS.value,
        "network_seed": _SEED.value,
        "load_network": _LOAD.value,
        "strength": _STRENGTH.value,
        "bands": parse_bands(_BANDS.value),
        "seed": _SEED.value or 0,
        **gin_flags.given(),
    }
