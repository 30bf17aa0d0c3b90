"""The one exception class for mistakes that the user can put right."""


class UserError(Exception):
    """A request that cannot be met as given.

    The message is one plain line that says what was wrong, with which file or value, and what to
    do. Commands print it and exit with status 1; there is never a traceback.
    """
