"""The systems as `timbre-transfer`, the comparison and the benchmark suite see them.

Each is a module here, called as its system is, and has

    INSTRUMENT                    what it plays on when nothing is asked for
    plays(path)                   whether a folder or file holds a model of the system
    instruments()                 {name: what it can be played from, in a few words}
    card(instrument)              what is known of one, as Markdown; "" where nothing is written
    load(instrument, **options)   the `Player` of an instrument; without options, as by default
    variants(instrument)          {label: options of `load`, another instrument among them} for
                                  comparisons, where one way to play does not say all; may be left
                                  out

`load` raises UserError where it cannot give one, and its message says why in one line: the other
commands print it beside the system's name. Importing a module loads no framework.

Beside each stands a module of flags, `X_flags`, with `options()`, those flags as keyword arguments
of `load`, and where a system follows a pitch `midi()`, where to write the notes. `timbre-transfer`
alone imports one of them: they have names of flags in common.

Gin is read by `load` alone: a player keeps its settings, whatever is loaded after it.
"""

import importlib
from pathlib import Path
from types import ModuleType
from typing import Any

from audio_tt.errors import UserError, did_you_mean
from audio_tt.files import paths
from audio_tt.playing.player import Player

# In order of preference: the first that has the instrument plays it, see docs/results.md.
NAMES = ("ddsp", "pix2pix", "autoencoder", "style")


def load(name: str) -> ModuleType:
    """The module of a system."""
    return importlib.import_module(f"timbre_tt.systems.{name}")


def variants(name: str, instrument: str) -> dict[str, dict]:
    """{label: options of `load`}: the ways in which comparisons let a system play."""
    module = load(name)
    return module.variants(instrument) if hasattr(module, "variants") else {name: {}}


def player(name: str, instrument: str, **options: Any) -> Player:
    """Loads the player of a system, whichever were loaded before.

    Example:
      >>> import numpy as np
      >>> tone = 0.1 * np.sin(2.0 * np.pi * 440.0 * np.arange(8000) / 16000).astype("float32")
      >>> flute = player("ddsp", "flute")
      >>> flute.render(tone, 16000).shape, flute.sample_rate
      ((8000,), 16000)
    """
    import gin

    with gin.unlock_config():  # modules that are imported only now register their settings
        return load(name).load(instrument, **options)


def check(name: str, instrument: str) -> None:
    """Raises UserError, shorter than loading says it, where a system has no such instrument."""
    system = load(name)
    is_path = Path(paths.expand(instrument)).exists()
    if instrument not in (*system.instruments(), system.INSTRUMENT) and not is_path:
        raise UserError(f"has no {instrument}")


def best_for(instrument: str | None) -> str:
    """The system that plays an instrument best, or that a model by this path is of.

    Raises:
      UserError: none has it.
    """
    if instrument is None:
        return NAMES[0]
    path = Path(paths.expand(instrument))
    if path.exists():
        for name in NAMES:
            if load(name).plays(path):
                return name
    for name in NAMES:
        if instrument in load(name).instruments():
            return name
    if path.exists():
        raise UserError(f"{path}: not a model; it holds no model.h5, generator.h5 or weights.h5")
    known = sorted({known for name in NAMES for known in load(name).instruments()})
    raise UserError(
        f"no instrument is called {instrument!r}, and no such model folder; there are: "
        f"{', '.join(known)}{did_you_mean(instrument, known)}"
    )


def title(instrument: str) -> str:
    """What an instrument is called in the names of files: of a model's path the folder's name."""
    path = Path(paths.expand(instrument))
    if path.exists() and any(load(name).plays(path) for name in NAMES):
        return (path.parent if path.is_file() else path).resolve().name
    return instrument.replace("/", "_")
