"""The one exception class for mistakes that the user can put right."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A request that cannot be met as given.

    The message is one plain line that says what was wrong, with which file or value, and what to
    do. Commands print it and exit with status 1; there is never a traceback.
    """


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a message about a name that does not exist: the nearest that does, if any is near.

    Args:
      word: the name that was given.
      known: names that exist.
    """
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
