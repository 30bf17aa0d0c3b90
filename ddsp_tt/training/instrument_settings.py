"""The settings that suit an instrument, from how low it plays."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from ddsp_tt.data import example_files

# Sample rate -> settings to begin with, and up to where the harmonics go, Hz.
RATES = {
    16000: ("ddsp/small.gin", 8000.0),
    32000: ("ddsp/small_32k.gin", 16000.0),
    48000: ("ddsp/small_48k.gin", 16000.0),
}
_CONFIDENT = 0.85
_FEWEST, _MOST = 20, 250
_FILE = "instrument.gin"
_SETTINGS = """include '{base}'

n_harmonics = {count}
train.leave_out_doubtful = True
"""


def n_harmonics(examples: Iterable[Mapping[str, Any]], highest_hz: float) -> int:
    """As many harmonics as the lowest note needs up to a frequency, within reason.

    Args:
      examples: dicts with `f0_hz` and `f0_confidence` `[frames]`. The lowest 2 % of the frames with
        a sure pitch are passed over, among which are the tracker's octave errors.
      highest_hz: that frequency.

    Raises:
      UserError: no frame has a sure pitch.
    """
    sure = np.concatenate([e["f0_hz"][e["f0_confidence"] >= _CONFIDENT] for e in examples])
    if not len(sure):
        raise UserError("no note was found in the recordings; one voice alone should play in them")
    return int(np.clip(np.ceil(highest_hz / np.percentile(sure, 2)), _FEWEST, _MOST))


def write(folder: str | Path, sample_rate: int) -> Path:
    """Writes `instrument.gin` for the examples in `folder/examples`, unless it is there.

    Args:
      folder: that folder.
      sample_rate: a key of `RATES`.

    Returns:
      Its path.
    """
    path = folder / _FILE
    if not path.is_file():
        base, highest_hz = RATES[sample_rate]
        examples = (
            example_files.load_example(p) for p in example_files.find_examples(folder / "examples")
        )
        count = n_harmonics(examples, highest_hz)
        with replacing(path) as temporary:
            temporary.write_text(_SETTINGS.format(base=base, count=count), "utf-8")
    return path
