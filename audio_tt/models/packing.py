"""A training's run directory -> a small folder that plays: the model that is given to others."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import cards, weights


def pack(
    run: str | Path,
    output: str | Path,
    load: Callable[[Path], Any],
    weights_file: str,
    gin_file: str,
    carried: Sequence[str],
    describe: Callable[[Path], Mapping[str, str]],
    system: str,
    dtype: str = "float16",
    told: Mapping[str, Any] | None = None,
) -> int:
    """Writes the weights, settings that rebuild the model, the story of its training, and a card.

    Args:
      run: the run directory.
      output: folder to write.
      load: called with `run` as a `Path`; returns the Keras model, built from the run's settings.
      weights_file: name of the weights in `output`.
      gin_file: name of the settings in `output`.
      carried: patterns of the files of the run that are copied, where there are any.
      describe: called with `output`; returns what its files say of the model, for its card.
      system: that plays the model, for its card.
      dtype: how weights are stored; half precision halves the file.
      told: what the card is to say that the run does not know, see `cards.read_told`.

    Returns:
      Size of the weights in bytes.

    Raises:
      UserError: `run` is none, or the place cannot be written to.
    """
    run, output = Path(run), Path(output)
    if run.resolve() == output.resolve():
        raise UserError(f"{output} is the run itself; name another folder")
    cards.check(output)
    weights.save_weights(load(run), output / weights_file, dtype=dtype)
    with replacing(output / gin_file) as temporary:
        # Of what was read, loading used what builds the model, and no more.
        temporary.write_text(settings.operative_gin(), "utf-8")
    for pattern in carried:
        for file in run.glob(pattern):
            with replacing(output / file.name) as temporary:
                shutil.copyfile(file, temporary)
    cards.write(output, system, describe(output), told)
    return (output / weights_file).stat().st_size
