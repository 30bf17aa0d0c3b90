"""Harmonics and noise driven by one voice's pitch and loudness."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from audio_tt.models import cards
from audio_tt.playing.player import Player
from ddsp_tt.trained import catalogue

INSTRUMENT = "flute"
WIDE = "_48k"  # ends the name of an instrument's model at 48 kHz, where there is one


def variants(instrument: str) -> dict[str, dict]:
    """As it is, by the model at 48 kHz, and moved to the instrument's register in any case."""
    ways = {"ddsp": {}}
    if instrument + WIDE in catalogue.instruments():
        ways["ddsp, 48 kHz"] = {"instrument": instrument + WIDE}
    from ddsp_tt.playing.adjustment import Adjustment

    return {
        **ways,
        "ddsp, fitted as published": {
            "adjustment": Adjustment(keep_octave=False, loudness_fit="quantiles", quiet=20.0)
        },
    }


def instruments() -> dict[str, str]:
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def card(instrument: str) -> str:
    """The model card of an instrument, or of a model's folder or file."""
    return cards.describe(catalogue.MODELS.find(instrument))


def plays(path: Path) -> bool:
    """Whether a folder or file is a model: `model.h5`, or what Magenta leaves."""
    return path.name == catalogue.MODELS.file or catalogue.MODELS.is_model(path)


def load(
    instrument: str,
    pitch: dict[str, Any] | None = None,
    adjustment: Any = None,
    seed: int = 0,
    voices: int | Literal["auto"] = "auto",
    likelihoods: Any = None,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
) -> Player:
    """The player of an instrument.

    Args:
      instrument: of the catalogue, or a model's folder or file.
      pitch: keyword arguments of `audio_tt.pitch.tracking.PitchTracker`.
      adjustment: a `ddsp_tt.playing.adjustment.Adjustment`; None for the default one.
      seed: of the noise.
      voices: how many notes may sound at once, see `DdspPlayer`.
      likelihoods: finds the notes of voices; None for what comes with the package.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over both.
    """
    folder = catalogue.MODELS.find(instrument)

    from ddsp_tt.playing.player import DdspPlayer
    from ddsp_tt.trained import instruments as models

    instrument = models.load(folder, gin_files, gin_params)
    return DdspPlayer(instrument, adjustment, pitch, seed, voices, likelihoods)
