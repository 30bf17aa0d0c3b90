"""Spectrograms drawn by a U-Net; chords and stereo too, from the one instrument that it knows."""

from pix2pix_tt.trained import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "guitar_acoustic"
ORIGINS = {"flute": "violin", "guitar_acoustic": "piano, chords too"}


def instruments():
    """Every instrument of the catalogue, from the one that it learned from."""
    return {name: ORIGINS.get(name, "what it learned from") for name in catalogue.instruments()}


def define_flags():
    """Those of every command that plays through a generator, and the style."""
    from absl import flags

    from pix2pix_tt import transfer_flags

    flags.DEFINE_string(
        "style",
        None,
        "What a conditioned model plays: an instrument that it knows, a recording, a slice (.npy).",
    )
    flags.adopt_module_key_flags(transfer_flags)


def options():
    """The flags as keyword arguments of `load`."""
    from absl.flags import FLAGS

    return {
        "style": FLAGS.style,
        "phase": FLAGS.phase,
        "overlap_frames": FLAGS.overlap_frames,
        "seed": FLAGS.seed,
    }


def load(instrument, style=None, phase=None, overlap_frames=None, seed=0):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      style: what a conditioned model draws by, see `pix2pix_tt.playing.styles.choose`.
      phase: of `pix2pix_tt.playing.phases.METHODS`; None leaves it to gin.
      overlap_frames: that slices share; None leaves it to gin.
      seed: of random phase, and of a style from a folder.
    """
    folder = catalogue.folder(instrument)

    from audio_tt import settings
    from pix2pix_tt.playing import styles, transfer
    from pix2pix_tt.trained import loading

    trained = loading.load(folder)
    settings.parse_gin()
    settings.bind("Transfer.phase", phase)
    settings.bind("Blending.overlap_frames", overlap_frames)
    example = styles.choose(trained, style, seed)

    def play(blocks, name):
        yield from transfer.play(trained, blocks, example, seed, name)

    rate, subtype = trained.features.sample_rate, transfer.Transfer().subtype
    return Player(rate, keeps_channels=True, function=play, subtype=subtype)
