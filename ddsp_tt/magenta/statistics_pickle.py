"""Magenta's `dataset_statistics.pkl`, read without running anything that is in it."""

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files import pickles
from ddsp_tt.features import statistics
from ddsp_tt.features.fitting import QuantileTransformer


def load(path):
    """Reads the statistics of a data set.

    Only numbers, arrays of numbers and the table of quantiles are taken from the file; whatever
    else it names is refused, and neither `ddsp` nor scikit-learn is needed.

    Args:
      path: the file.

    Returns:
      A dict as from `ddsp_tt.features.statistics.compute_statistics`.

    Raises:
      UserError: no such file, one that would run code, or no statistics in it.
    """
    table = pickles.load(path, "statistics", _stand_in)
    return _plain(path, table)


def _plain(path, table):
    try:
        quantiles = table["quantile_transform"].__dict__
        plain = {key: float(value) for key, value in table.items() if key != "quantile_transform"}
        plain["quantile_transform"] = QuantileTransformer(
            *(np.ravel(quantiles[name]).astype(float) for name in ("quantiles_", "references_"))
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no statistics of a data set") from error
    return statistics.checked(plain, path)


class _Object:
    """Stands in for an object of which only the attributes are wanted."""

    def __init__(self, *arguments):
        pass

    def __setstate__(self, state):
        if isinstance(state, dict):
            self.__dict__.update(state)


def _stand_in(module, name):
    """For what statistics consist of: numbers, arrays of numbers and the table of quantiles."""
    if module.split(".")[0] in ("ddsp", "sklearn") and name == "QuantileTransformer":
        return _Object
    if module.startswith("numpy.random."):
        return _Object
    return pickles.numpy_stand_in(module, name)
