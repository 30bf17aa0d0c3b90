"""Magenta's `dataset_statistics.pkl`, read without running anything that is in it."""

from pathlib import Path
from typing import Any

import numpy as np
from absl import logging

from audio_tt.errors import UserError
from audio_tt.files import pickles
from ddsp_tt.features import statistics
from ddsp_tt.features.fitting import QuantileTransformer


def load(path: str | Path) -> dict[str, Any] | None:
    """Reads the statistics of a data set.

    Only numbers, arrays of numbers and the table of quantiles are taken from the file; whatever
    else it names is refused, and neither `ddsp` nor scikit-learn is needed.

    Args:
      path: the file.

    Returns:
      A dict as from `ddsp_tt.features.statistics.compute_statistics`, with those of its keys that
      are in the file: the first published models have few. None where none is.

    Raises:
      UserError: no such file, one that would run code, or a figure that is none.
    """
    table = pickles.load(path, "statistics", _stand_in)
    table = table if isinstance(table, dict) else {}
    known = {key: table[key] for key in statistics.KEYS if key in table}
    if not known:
        logging.warning("%s: holds no statistics that are known, so nothing is fitted", path)
        return None
    return _plain(path, known)


def _plain(path, table):
    plain = {}
    try:
        for key, value in table.items():
            if key == "quantile_transform":
                tables = (value.__dict__[name] for name in ("quantiles_", "references_"))
                plain[key] = QuantileTransformer(*(np.ravel(x).astype(float) for x in tables))
            else:
                plain[key] = float(np.asarray(value, float).item())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no statistics of a data set") from error
    return statistics.checked(plain, path, unknown=set(statistics.KEYS) - set(plain))


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
    if f"{module}.".startswith("numpy.random."):
        return _Object
    return pickles.numpy_stand_in(module, name)
