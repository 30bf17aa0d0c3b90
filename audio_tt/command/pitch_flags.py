"""The flags of every command that tracks pitch; commands adopt them as key flags."""

from absl import flags

from audio_tt.command import path_flags

CAPACITIES = ("tiny", "small", "medium", "large", "full")

_METHOD = flags.DEFINE_enum("f0_method", "crepe", ["crepe", "pyin", "yin"], "Pitch tracker.")
_CAPACITY = flags.DEFINE_enum(
    "crepe_capacity",
    "tiny",
    CAPACITIES,
    "Of CREPE, as far as it is installed.",
)
_WEIGHTS = path_flags.DEFINE_path("crepe_weights", None, "CREPE weights of your own (.h5).")


def chosen() -> dict | None:
    """`options`; None where no flag was given, for a model to use the tracker it learned with."""
    given = any(flag.present for flag in (_METHOD, _CAPACITY, _WEIGHTS))
    return options() if given else None


def options() -> dict[str, str | None]:
    """The flags as keyword arguments of `audio_tt.pitch.tracking.track`.

    Raises:
      UserError: there are no such weights of CREPE.
    """
    if _METHOD.value != "crepe":
        return {"method": _METHOD.value}
    from audio_tt.pitch import crepe

    crepe.check(_CAPACITY.value, _WEIGHTS.value)
    return {
        "method": "crepe",
        "crepe_capacity": _CAPACITY.value,
        "crepe_weights": _WEIGHTS.value,
    }
