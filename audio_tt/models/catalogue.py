"""Trained models that come with a package, and the user's own, one folder each."""

import os
from pathlib import Path

from audio_tt.errors import UserError


def user_folder() -> Path:
    """Where the user's own models are: TIMBRE_TT_HOME, or timbre-tt in XDG_DATA_HOME."""
    home = os.environ.get("TIMBRE_TT_HOME")
    if home:
        return Path(home).expanduser()
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "timbre-tt"


class Catalogue:
    """The models below a folder of a system's package, and the user's own of that system.

    The user's are below `user_folder()/SYSTEM`, SYSTEM being the package's name without `_tt`. One
    that has the name of a model that comes with the package is passed over.

    Args:
      path: the folder, `SYSTEM_tt/pretrained`.
      file: the file of weights that makes a folder in it a model.
    """

    def __init__(self, path, file):
        self.path, self.file = Path(path), file

    @property
    def own_path(self) -> Path:
        """The folder of the user's models."""
        return user_folder() / self.path.parent.name.removesuffix("_tt")

    def shipped(self) -> list[str]:
        """Names of the models that come with the package, sorted."""
        return _names(self.path, self.file)

    def instruments(self) -> list[str]:
        """Names of all models, sorted."""
        return sorted({*self.shipped(), *_names(self.own_path, self.file)})

    def folder(self, instrument) -> Path:
        """The model folder of an instrument.

        Raises:
          UserError: there is none of that name.
        """
        if instrument not in self.instruments():
            known = ", ".join(self.instruments()) or "none yet"
            raise UserError(f"no instrument is called {instrument!r}; there are: {known}")
        return (self.path if instrument in self.shipped() else self.own_path) / instrument

    def new_folder(self, name) -> Path:
        """The folder for a model of the user's; it need not exist.

        Raises:
          UserError: the name is none, or belongs to a model that comes with the package.
        """
        if not name or name.startswith(".") or Path(name).name != name:
            raise UserError(f"{name!r} is no name for an instrument; use letters and digits")
        if name in self.shipped():
            raise UserError(f"an instrument called {name} comes with the package; use another name")
        return self.own_path / name


def _names(folder, file):
    return sorted(path.parent.name for path in folder.glob(f"*/{file}"))
