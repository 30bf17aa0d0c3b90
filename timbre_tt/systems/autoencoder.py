"""A spectrum drawn for every frame from one voice's pitch and loudness."""

from audio_tt.playing.player import Player
from autoencoder_tt.trained import catalogue

INSTRUMENT = "flute"


def instruments() -> dict[str, str]:
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def load(instrument, pitch=None, seed=0, gin_files=(), gin_params=()) -> Player:
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`; None for the tracker that the
        model learned with.
      seed: of the phase of noise.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over the files.
    """
    from autoencoder_tt.trained import loading

    return loading.load_player(catalogue.folder(instrument), gin_files, gin_params, pitch, seed)
