"""A training's run directory -> a small folder that plays: the model that is given to others."""

import shutil
from pathlib import Path

from audio_tt import settings, weights
from audio_tt.errors import UserError
from audio_tt.files import replacing
from autoencoder_tt import loading
from autoencoder_tt.parameters import PARAMETERS_FILE
from autoencoder_tt.training import STATISTICS_FILE, WEIGHTS_FILE

_CARRIED = (STATISTICS_FILE, PARAMETERS_FILE, "history.csv", "history.png")


def pack(run, output, dtype="float16"):
    """Writes the weights of the best epoch, what rebuilds the model, and how it was trained.

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
    trained = loading.load(run)
    weights.save_weights(trained.design.network, output / WEIGHTS_FILE, dtype=dtype)
    with replacing(output / loading.GIN_FILE) as temporary:
        # Of what was read, loading used what builds the model, and no more.
        temporary.write_text(settings.operative_gin(), "utf-8")
    for name in _CARRIED:
        if (run / name).is_file():
            with replacing(output / name) as temporary:
                shutil.copyfile(run / name, temporary)
    return (output / WEIGHTS_FILE).stat().st_size
