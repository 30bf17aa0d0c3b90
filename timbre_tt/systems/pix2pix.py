"""Spectrograms drawn by a U-Net; chords and stereo too, from the one instrument that it knows."""

from audio_tt.playing.player import Player
from pix2pix_tt.trained import catalogue

INSTRUMENT = "guitar_acoustic"
ORIGINS = {"flute": "violin", "guitar_acoustic": "piano, chords too"}


def instruments() -> dict[str, str]:
    """Every instrument of the catalogue, from the one that it learned from."""
    return {name: ORIGINS.get(name, "what it learned from") for name in catalogue.instruments()}


def load(instrument, **options) -> Player:
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      **options: keyword arguments of `pix2pix_tt.playing.player.load`.
    """
    folder = catalogue.folder(instrument)

    from pix2pix_tt.playing import player

    return player.load(folder, **options)
