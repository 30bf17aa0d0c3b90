"""Progress with rate and time left, on a terminal, in a log file, or not at all when quiet."""

import multiprocessing
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TextIO

from absl import logging

if TYPE_CHECKING:
    import tqdm

_SECONDS_BETWEEN_LINES = 10.0


class _Lines:
    """A text stream that turns tqdm's redrawing of one line into separate lines."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._last = ""

    def write(self, text: str) -> None:
        line = text.strip()
        count = line.partition("[")[0]  # without the time that has passed
        if line and count != self._last:
            self._stream.write(line + "\n")
            self._last = count

    def flush(self) -> None:
        self._stream.flush()


def progress(
    iterable_or_total: Iterable | int | None, description: str, unit: str = "it"
) -> "tqdm.tqdm":
    """Shows how far long work has come, on standard error.

    On a terminal it is a bar with rate and time left; elsewhere a plain line at most every ten
    seconds, and none for work that is shorter; nothing at all with `--verbosity=-1`, or in one of
    several processes, whose caller shows how far they are.

    Args:
      iterable_or_total: What to iterate over, or the number of steps (None when it is not known) to
        be reported by `update(steps)`.
      description: What is being done, as in "rendering".
      unit: What is counted, as in "file".

    Returns:
      A `tqdm.tqdm`: iterable, a context manager, with `update(steps)` and `set_postfix(loss=0.1)`.
    """
    from tqdm import tqdm

    counted = iterable_or_total is None or isinstance(iterable_or_total, int)
    what = {"total": iterable_or_total} if counted else {"iterable": iterable_or_total}
    what |= {"desc": description, "unit": unit}
    if logging.get_verbosity() <= logging.ERROR or multiprocessing.parent_process() is not None:
        return tqdm(**what, disable=True)
    if sys.stderr.isatty():
        return tqdm(**what, file=sys.stderr, dynamic_ncols=True, delay=0.5, smoothing=0.1)

    class Lined(tqdm):
        """What is shown behind the count waits for the next line."""

        def set_postfix(self, *args, refresh=True, **figures):
            super().set_postfix(*args, refresh=False, **figures)

    return Lined(
        **what,
        file=_Lines(sys.stderr),
        ncols=0,
        delay=_SECONDS_BETWEEN_LINES,
        mininterval=_SECONDS_BETWEEN_LINES,
        maxinterval=_SECONDS_BETWEEN_LINES,
        miniters=1,
    )


def reporter(description: str, unit: str = "frame") -> Callable[[int, int], None]:
    """Returns a callback of (done, total) that moves a progress bar and closes it at the end."""
    bar = None

    def report(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = progress(total, description, unit)
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return report
