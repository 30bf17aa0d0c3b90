"""A spectrum drawn for every frame from one voice's pitch and loudness."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from audio_tt.models import cards
from audio_tt.playing.player import Player
from autoencoder_tt.trained import catalogue

INSTRUMENT = "flute"


def instruments() -> dict[str, str]:
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def card(instrument: str) -> str:
    """The model card of an instrument, or of a model's folder or file."""
    return cards.describe(catalogue.MODELS.find(instrument))


def plays(path: Path) -> bool:
    """Whether a folder or file is a model: `weights.h5`."""
    return path.name == catalogue.MODELS.file or catalogue.MODELS.is_model(path)


def load(
    instrument: str,
    pitch: dict[str, Any] | None = None,
    seed: int = 0,
    gin_files: Sequence[str] = (),
    gin_params: Sequence[str] = (),
) -> Player:
    """The player of an instrument.

    Args:
      instrument: of the catalogue, or a model's folder or file.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`; None for the tracker that the
        model learned with.
      seed: of the phase of noise.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over the files.
    """
    from autoencoder_tt.trained import loading

    return loading.load_player(
        catalogue.MODELS.find(instrument), gin_files, gin_params, pitch, seed
    )
