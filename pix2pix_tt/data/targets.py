"""What the values of flags mean that have a notation of their own."""

import ast

from audio_tt.errors import UserError


def target_names(text: str) -> list[str]:
    """The instruments of `--target`: a list as Python writes it, or names between commas."""
    try:
        names = ast.literal_eval(text) if text.lstrip().startswith(("[", "(")) else text.split(",")
        names = [name.strip() for name in names]
    except (ValueError, SyntaxError, AttributeError, TypeError) as error:
        raise UserError(f"--target={text} is no list of instruments; write a,b,c") from error
    if not all(names) or len(set(names)) < len(names):
        raise UserError(f"--target={text} has an empty name, or one that comes twice")
    return names
