"""What a command that trains says last."""

import os
import shlex

from absl import logging


def say_model(folder: str | os.PathLike) -> None:
    """Says where a trained model lies, and how to play it, to be pasted into a shell."""
    place = shlex.quote(os.fspath(folder))
    logging.info("the model is in %s", place)
    logging.info("play it: timbre-transfer IN.wav OUT.wav --instrument=%s", place)
