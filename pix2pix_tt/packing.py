"""A training's run directory -> a small folder that plays: the model that is given to others."""

import shutil
from pathlib import Path

from audio_tt import settings, weights
from audio_tt.errors import UserError
from audio_tt.files import replacing
from pix2pix_tt import loading
from pix2pix_tt.training import BEST_FILE

_CARRIED = ("styles.npz", "history.csv", "history.png", "LRFinder_*.png", "finder.csv")


def pack(run, output, dtype="float16"):
    """Writes a generator with the settings that rebuild it, and the story of its training.

    The generator is that of the best epoch on held-out slices, where there were any.

    Args:
      run: the run directory.
      output: folder to write.
      dtype: how weights are stored; half precision halves the file.

    Returns:
      Size of the weights in bytes.

    Raises:
      UserError: `run` is none, or the place cannot be written to.
    """
    run, output = Path(run), Path(output)
    if run.resolve() == output.resolve():
        raise UserError(f"{output} is the run itself; name another folder")
    best = run / BEST_FILE
    trained = loading.load(best if best.is_file() else run)
    weights.save_weights(trained.generator, output / loading.GENERATOR_FILE, dtype=dtype)
    with replacing(output / loading.GIN_FILE) as temporary:
        # Of what was read, loading used what builds the network and its features, and no more.
        temporary.write_text(settings.operative_gin(), "utf-8")
    for pattern in _CARRIED:
        for file in run.glob(pattern):
            with replacing(output / file.name) as temporary:
                shutil.copyfile(file, temporary)
    return (output / loading.GENERATOR_FILE).stat().st_size
