"""The flags of every command that reads gin settings; `app` adopts them for all commands."""

from absl import flags

_FILES = flags.DEFINE_multi_string(
    "gin_file", [], "Settings to read, in order: a path, or a name such as ddsp/flute.gin."
)
_PARAMETERS = flags.DEFINE_multi_string(
    "gin_param", [], "One line of such a file, NAME.PARAMETER=VALUE; wins over the files."
)


def files() -> list[str]:
    """Returns the values of `--gin_file`, in order."""
    return list(_FILES.value)


def parameters() -> list[str]:
    """Returns the values of `--gin_param`, in order."""
    return list(_PARAMETERS.value)


def given() -> dict[str, list[str]]:
    """Returns both as keyword arguments of the functions that load a model."""
    return {"gin_files": files(), "gin_params": parameters()}
