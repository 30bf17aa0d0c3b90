"""The flag of trainings that gives their model a name, which its commands adopt as a key flag."""

from collections.abc import Callable
from pathlib import Path

from absl import flags

from audio_tt.command import ending
from audio_tt.errors import UserError
from audio_tt.models.catalogue import Catalogue
from audio_tt.training.run_directory import RunDirectory

_NAME = flags.DEFINE_string(
    "name", None, "Also keep the model as an instrument of that name, which every command finds."
)


def check(models: Catalogue, run_dir: str | Path) -> None:
    """Makes sure before the work that the name can be given.

    Raises:
      UserError: it is none, belongs to an included model, or to one that is not of this run.
    """
    if _NAME.value is None:
        return
    folder = models.new_folder(_NAME.value)
    if folder.exists() and not RunDirectory(run_dir).has_state:
        raise UserError(
            f"an instrument called {_NAME.value} is there already, in {folder}; use another name, "
            "or remove that folder"
        )


def finish(
    models: Catalogue, run_dir: str | Path, export: Callable[[str | Path, Path], object]
) -> None:
    """Gives the model the name, where there is one, and says where it is and how to play it.

    Args:
      models: where it is to be found.
      run_dir: of the training.
      export: called with the run directory and the folder to write what plays to.
    """
    if _NAME.value is not None:
        export(run_dir, models.new_folder(_NAME.value))
    ending.say_model(run_dir, _NAME.value)
