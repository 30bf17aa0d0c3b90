"""What a command says last: where its result lies, such that it can be pasted into a shell."""

import os
import shlex

from absl import logging


def say_model(place: str | os.PathLike, name: str | None = None) -> None:
    """Says where a trained model lies, and how to play it.

    Args:
      place: its folder or file.
      name: that it is found by as well; None for none.
    """
    instrument = shlex.quote(os.fspath(name or place))
    logging.info("the model is in %s", shlex.quote(os.fspath(place)))
    logging.info("play it: timbre-transfer IN.wav OUT.wav --instrument=%s", instrument)


def say_written(*paths: str | os.PathLike) -> None:
    """Says which files, or the files in which folder, were written."""
    logging.info("written: %s", " ".join(shlex.quote(os.fspath(path)) for path in paths))
