"""What the values of flags mean that have a notation of their own."""

import ast

from absl import logging

from audio_tt.errors import UserError


def held_out_share(split):
    """The share to hold out that `--validation_split` means."""
    if split is None or split <= 0.5:
        return split
    logging.info(
        "--validation_split=%g is read as the share to train on: %.3g is held out", split, 1 - split
    )
    return round(1.0 - split, 9)


def target_names(text):
    """The instruments of `--target`: a list as Python writes it, or names between commas."""
    try:
        names = ast.literal_eval(text) if text.lstrip().startswith(("[", "(")) else text.split(",")
        names = [name.strip() for name in names]
    except (ValueError, SyntaxError, AttributeError, TypeError) as error:
        raise UserError(f"--target={text} is no list of instruments; write a,b,c") from error
    if not all(names) or len(set(names)) < len(names):
        raise UserError(f"--target={text} has an empty name, or one that comes twice")
    return names
