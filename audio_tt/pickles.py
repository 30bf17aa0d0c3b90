"""Python's pickles, read without running anything that is in them."""

import pickle

from audio_tt.errors import UserError


def load(path, what, stand_in=lambda module, name: None):
    """Reads a pickle that other software wrote.

    Builtin values are taken as they are. Whatever the file looks up by name is refused, unless
    there is a stand-in for it.

    Args:
      path: the file.
      what: it should hold, for messages: "sizes", "statistics".
      stand_in: function of module and name that returns what is called in place of the class or
        function of that name, or None. It may raise `Refused`, and so may what it returns.

    Returns:
      The value.

    Raises:
      UserError: no such file, not a pickle, or one that would run code.
    """

    class Reader(pickle.Unpickler):
        def find_class(self, module, name):
            found = stand_in(module, name)
            if found is None:
                raise Refused(f"{module}.{name}")
            return found

        def persistent_load(self, pid):
            raise Refused("an object kept elsewhere")

    try:
        with open(path, "rb") as file:
            return Reader(file).load()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error
    except Refused as error:
        message = f"{path} is refused: it asks for {error}, and {what} need no code"
        raise UserError(message) from None
    except Exception as error:  # what a damaged pickle raises is not limited to any class
        raise UserError(f"{path} is not a file of {what}, or is damaged") from error


class Refused(Exception):
    """Something in a pickle that is not to be had."""
