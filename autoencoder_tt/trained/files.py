"""Names of the files in a model folder.

weights.h5             of the best epoch, in the layout of Keras 2
operative_config.gin   the settings that rebuild the model
statistics.json        of the training data, where the design has any
parameters.pkl         the original's sizes of a published network; enough without the settings
history.csv, .png      the figures of its training
"""

from pathlib import Path

from audio_tt.errors import UserError

WEIGHTS = "weights.h5"
SETTINGS = "operative_config.gin"
STATISTICS = "statistics.json"
PARAMETERS = "parameters.pkl"
CARRIED = (STATISTICS, PARAMETERS, "history.csv", "history.png")


def weights_of(model: str | Path) -> Path:
    """The weights that a folder, or a path of the weights themselves, names.

    Raises:
      UserError: there are none.
    """
    path = Path(model).expanduser()
    if path.is_file():
        return path
    if not (path / WEIGHTS).is_file():
        raise UserError(f"{path}: not a model, {WEIGHTS} is missing")
    return path / WEIGHTS
