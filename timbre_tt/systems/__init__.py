"""What `timbre-transfer` knows of each system: a module of its flags and of how it plays a file.

A module is loaded only when its system is asked for, because the systems' flags have names in
common. It has INSTRUMENT, the default one, and `transfer(input_path, output_path, instrument)`; the
system itself has a module `catalogue`, with `instruments()` and `folder(instrument)`.
"""

import importlib

NAMES = ("ddsp", "pix2pix")


def load(name):
    """The module of a system; defines its flags."""
    return importlib.import_module(f"timbre_tt.systems.{name}")


def instruments(name):
    """The instruments that come with a system, sorted."""
    return importlib.import_module(f"{name}_tt.catalogue").instruments()
