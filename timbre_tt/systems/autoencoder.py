"""A spectrum drawn for every frame from one voice's pitch and loudness."""

from autoencoder_tt.trained import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "flute"


def instruments():
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def load(instrument, pitch=None, seed=0, gin_files=(), gin_params=()):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`.
      seed: of the phase of noise.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over the files.
    """
    folder = catalogue.folder(instrument)

    from audio_tt import settings
    from autoencoder_tt.frames import transfer
    from autoencoder_tt.trained import loading

    trained = loading.load(folder)
    settings.parse_gin(gin_files, gin_params)
    features = trained.design.features

    def play(blocks, name):
        measured, n_samples = transfer.measure(blocks, features, name, **(pitch or {}))
        yield from transfer.play(trained, measured, n_samples, seed=seed)

    return Player(features.sample_rate, keeps_channels=False, function=play)
