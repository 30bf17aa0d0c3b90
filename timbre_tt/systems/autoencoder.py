"""A spectrum drawn for every frame from one voice's pitch and loudness."""

from autoencoder_tt.trained import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "flute"


def instruments():
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def define_flags():
    """Those of pitch tracking, and the seed."""
    from absl import flags

    from audio_tt.command import pitch_flags

    flags.DEFINE_integer("seed", 0, "Seed of the phase of noise.", lower_bound=0)
    flags.adopt_module_key_flags(pitch_flags)


def options():
    """The flags as keyword arguments of `load`."""
    from absl.flags import FLAGS

    from audio_tt.command import pitch_flags

    return {"pitch": pitch_flags.options(), "seed": FLAGS.seed}


def load(instrument, pitch=None, seed=0):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`.
      seed: of the phase of noise.
    """
    folder = catalogue.folder(instrument)

    from audio_tt import settings
    from autoencoder_tt.frames import transfer
    from autoencoder_tt.trained import loading

    trained = loading.load(folder)
    settings.parse_gin()
    features = trained.design.features

    def play(blocks, name):
        measured, n_samples = transfer.measure(blocks, features, name, **(pitch or {}))
        yield from transfer.play(trained, measured, n_samples, seed=seed)

    return Player(features.sample_rate, keeps_channels=False, function=play)
