"""The flag of every command that trains, for going on with other settings."""

from absl import flags

_CHANGE = flags.DEFINE_bool(
    "change_settings",
    False,
    "Let a run that stands there go on with other settings; changes.log then says which and when.",
)


def allowed() -> bool:
    """The value of `--change_settings`."""
    return _CHANGE.value
