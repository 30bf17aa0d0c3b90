"""A training's run directory -> a small folder that plays: the model that is given to others."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights


def pack(
    run: str | Path,
    output: str | Path,
    load: Callable[[Path], Any],
    weights_file: str,
    gin_file: str,
    carried: Sequence[str],
    dtype: str = "float16",
) -> int:
    """Writes the weights, the settings that rebuild the model, and the story of its training.

    Args:
      run: the run directory.
      output: folder to write.
      load: called with `run` as a `Path`; returns the Keras model, built from the run's settings.
      weights_file: name of the weights in `output`.
      gin_file: name of the settings in `output`.
      carried: patterns of the files of the run that are copied, where there are any.
      dtype: how weights are stored; half precision halves the file.

    Returns:
      Size of the weights in bytes.

    Raises:
      UserError: `run` is none, or the place cannot be written to.
    """
    run, output = Path(run), Path(output)
    if run.resolve() == output.resolve():
        raise UserError(f"{output} is the run itself; name another folder")
    weights.save_weights(load(run), output / weights_file, dtype=dtype)
    with replacing(output / gin_file) as temporary:
        # Of what was read, loading used what builds the model, and no more.
        temporary.write_text(settings.operative_gin(), "utf-8")
    for pattern in carried:
        for file in run.glob(pattern):
            with replacing(output / file.name) as temporary:
                shutil.copyfile(file, temporary)
    return (output / weights_file).stat().st_size
