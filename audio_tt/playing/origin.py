"""What a player was loaded from, for tables that say what they measured."""

import dataclasses
from pathlib import Path

from audio_tt.files.provenance import digest


@dataclasses.dataclass(frozen=True)
class Origin:
    """The files and the settings of a player.

    Attributes:
      files: of weights and whatever else it was read from; none is read before `text` is asked for.
      settings: text of a gin file.
      choices: (name, value) of what was chosen beside gin.
    """

    files: tuple[Path, ...]
    settings: str
    choices: tuple[tuple[str, object], ...] = ()

    def and_choices(self, **choices: object) -> "Origin":
        """The same with further choices."""
        return dataclasses.replace(self, choices=(*self.choices, *choices.items()))

    def text(self) -> str:
        """All of it as a gin file, with digests of the files and the choices as comments."""
        lines = [f"# {path.name}: sha256 {digest(path)}" for path in self.files]
        lines += [f"# {name} = {value!r}" for name, value in self.choices]
        return "\n".join([*lines, self.settings])
