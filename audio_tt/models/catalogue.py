"""Trained models that come with a package, and the user's own, one folder each."""

import os
from collections.abc import Sequence
from pathlib import Path

from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import paths


def user_folder() -> Path:
    """Where the user's own models are: TIMBRE_TT_HOME, or timbre-tt in XDG_DATA_HOME."""
    home = os.environ.get("TIMBRE_TT_HOME")
    if home:
        return Path(paths.expand(home))
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "timbre-tt"


class Catalogue:
    """The models below a folder of a system's package, and the user's own of that system.

    The user's are below `user_folder()/SYSTEM`, SYSTEM being the package's name without `_tt`. One
    that has the name of a model that comes with the package is passed over.

    Args:
      path: the folder, `SYSTEM_tt/pretrained`.
      file: the file of weights that makes a folder in it a model.
      others: patterns of other files that make a folder a model as well.
    """

    def __init__(self, path: str | Path, file: str, others: Sequence[str] = ()):
        self.path, self.file, self.others = Path(path), file, others

    @property
    def own_path(self) -> Path:
        """The folder of the user's models."""
        return user_folder() / self.path.parent.name.removesuffix("_tt")

    def shipped(self) -> list[str]:
        """Names of the models that come with the package, sorted."""
        return self._names(self.path)

    def instruments(self) -> list[str]:
        """Names of all models, sorted."""
        return sorted({*self.shipped(), *self._names(self.own_path)})

    def folder(self, instrument: str) -> Path:
        """The model folder of an instrument.

        Raises:
          UserError: there is none of that name.
        """
        if instrument not in self.instruments():
            known = ", ".join(self.instruments()) or "none yet"
            near = did_you_mean(instrument, self.instruments())
            raise UserError(f"no instrument is called {instrument!r}; there are: {known}{near}")
        return (self.path if instrument in self.shipped() else self.own_path) / instrument

    def is_model(self, path: str | Path) -> bool:
        """Whether there is such a folder, and a model in it."""
        return any(True for name in (self.file, *self.others) for _ in Path(path).glob(name))

    def find(self, model: str | Path) -> Path:
        """Where a model is, whatever it is called by.

        Args:
          model: a file of weights, a model folder, or the name of an instrument; what is there by
            that path comes first.

        Returns:
          The file, or the folder.

        Raises:
          UserError: there is no such thing.
        """
        path = Path(paths.expand(model))
        if path.is_file() or self.is_model(path):
            return path
        if str(model) in self.instruments():
            return self.folder(str(model))
        if path.is_dir():
            raise UserError(f"{path}: not a model, {self.file} is missing")
        known = ", ".join(self.instruments()) or "none yet"
        raise UserError(
            f"{model}: no such folder with a {self.file}, no such file of weights, and no "
            f"such instrument; there are: {known}{did_you_mean(str(model), self.instruments())}"
        )

    def new_folder(self, name: str) -> Path:
        """The folder for a model of the user's; it need not exist.

        Raises:
          UserError: the name is none, or belongs to a model that comes with the package.
        """
        if not name or name.startswith(".") or Path(name).name != name:
            raise UserError(f"{name!r} is no name for an instrument; use letters and digits")
        if name in self.shipped():
            raise UserError(f"an instrument called {name} comes with the package; use another name")
        return self.own_path / name

    def _names(self, folder):
        return sorted(path.name for path in folder.glob("[!.]*") if self.is_model(path))
