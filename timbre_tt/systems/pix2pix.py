"""Spectrograms drawn by a U-Net; chords and stereo too, from the one instrument that it knows."""

from pathlib import Path
from typing import Any

from audio_tt.models import cards
from audio_tt.playing.player import Player
from pix2pix_tt.trained import catalogue

INSTRUMENT = "guitar_acoustic"
ORIGINS = {"flute": "violin", "guitar_acoustic": "piano, chords too"}


def instruments() -> dict[str, str]:
    """Every instrument of the catalogue, from the one that it learned from."""
    return {name: ORIGINS.get(name, "what it learned from") for name in catalogue.instruments()}


def card(instrument: str) -> str:
    """The model card of an instrument, or of a model's folder or file."""
    return cards.describe(catalogue.MODELS.find(instrument))


def plays(path: Path) -> bool:
    """Whether a folder holds a generator, or a file is one by its name."""
    is_generator = path.name.startswith("generator") and path.suffix == ".h5"
    return is_generator or catalogue.MODELS.is_model(path)


def load(instrument: str, **options: Any) -> Player:
    """The player of an instrument.

    Args:
      instrument: of the catalogue, or a model's folder or file.
      **options: keyword arguments of `pix2pix_tt.playing.player.load`.
    """
    folder = catalogue.MODELS.find(instrument)

    from pix2pix_tt.playing import player

    return player.load(folder, **options)
