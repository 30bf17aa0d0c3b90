"""Trained models that come with a package, one folder each."""

from pathlib import Path

from audio_tt.errors import UserError


class Catalogue:
    """The models below a folder.

    Args:
      path: the folder.
      file: the file of weights that makes a folder in it a model.
    """

    def __init__(self, path, file):
        self.path, self.file = Path(path), file

    def instruments(self):
        """Their names, sorted."""
        return sorted(path.parent.name for path in self.path.glob(f"*/{self.file}"))

    def folder(self, instrument):
        """The model folder of an instrument.

        Raises:
          UserError: there is none of that name.
        """
        if instrument not in self.instruments():
            known = ", ".join(self.instruments()) or "none yet"
            raise UserError(f"no instrument is called {instrument!r}; there are: {known}")
        return self.path / instrument
