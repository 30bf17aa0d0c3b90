"""Flags that take paths: `~` and `$VARIABLES` are filled in, and a comma in a name stays in it."""

from collections.abc import Sequence

from absl import flags

from audio_tt.files import paths

flags.disclaim_key_flags()  # those defined here are their commands'


def DEFINE_path(
    name: str, default: str | None, help: str, required: bool = False
) -> flags.FlagHolder[str | None]:
    """Defines a flag of one path, as `absl.flags.DEFINE_string` does."""
    parser, serializer = _Path(), flags.ArgumentSerializer()
    return flags.DEFINE(parser, name, default, help, serializer=serializer, required=required)


def DEFINE_paths(
    name: str, default: Sequence[str] | None, help: str, required: bool = False
) -> flags.FlagHolder[list[str] | None]:
    """Defines a flag of files, folders and globs, which may be repeated.

    A word that is the name of something that exists is taken whole; any other is cut at its commas.
    """
    flag = _Paths(_Path(), flags.ArgumentSerializer(), name, default, help)
    return flags.DEFINE_flag(flag, required=required)


class _Path(flags.ArgumentParser):
    def parse(self, argument):
        return paths.expand(argument)

    def flag_type(self):
        return "path"


class _Paths(flags.MultiFlag):
    def _parse(self, arguments):
        words = [arguments] if isinstance(arguments, str) else arguments
        return [path for word in words for path in paths.split(word)]

    def flag_type(self):
        return "paths"
