"""The ranges of clips' pictures, as the original keeps them in `min_max_values.pkl`."""

from pathlib import Path

import numpy as np

from audio_tt import pickles
from audio_tt.errors import UserError
from autoencoder_tt.features import Range

FILE = "min_max_values.pkl"


def read(path):
    """Reads ranges without running anything that is in the file.

    Args:
      path: the file: {path of a picture: {"min": number, "max": number}}.

    Returns:
      {name of the picture without folder and ".npy": `features.Range`}.

    Raises:
      UserError: no such file, or not a file of ranges.
    """
    values = pickles.load(path, "ranges", _stand_in)
    try:
        return {
            Path(name).name.removesuffix(".npy"): Range(float(r["min"]), float(r["max"]))
            for name, r in values.items()
        }
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        raise UserError(f"{path} does not hold the minimum and maximum of each picture") from error


def _stand_in(module, name):
    if name == "dtype" and module == "numpy":
        return np.dtype
    if name == "scalar" and module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        return lambda dtype, raw: np.frombuffer(raw, dtype)[0]
    return None
