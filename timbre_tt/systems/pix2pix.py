"""Spectrograms drawn by a U-Net; chords and stereo too, from the one instrument that it knows."""

from pix2pix_tt.trained import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "guitar_acoustic"
ORIGINS = {"flute": "violin", "guitar_acoustic": "piano, chords too"}


def instruments():
    """Every instrument of the catalogue, from the one that it learned from."""
    return {name: ORIGINS.get(name, "what it learned from") for name in catalogue.instruments()}


def load(
    instrument,
    style=None,
    phase=None,
    overlap_frames=None,
    seed=0,
    gin_files=(),
    gin_params=(),
):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      style: what a conditioned model draws by, see `pix2pix_tt.playing.styles.choose`.
      phase: of `pix2pix_tt.playing.phases.METHODS`; None leaves it to gin.
      overlap_frames: that slices share; None leaves it to gin.
      seed: of random phase, and of a style from a folder.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over the files.
    """
    folder = catalogue.folder(instrument)

    from audio_tt import settings
    from pix2pix_tt.playing import styles, transfer
    from pix2pix_tt.trained import loading

    trained = loading.load(folder)
    settings.parse_gin(gin_files, gin_params)
    settings.bind("Transfer.phase", phase)
    settings.bind("Blending.overlap_frames", overlap_frames)
    example = styles.choose(trained, style, seed)

    def play(blocks, name):
        yield from transfer.play(trained, blocks, example, seed, name)

    rate, subtype = trained.features.sample_rate, transfer.Transfer().subtype
    return Player(rate, keeps_channels=True, function=play, subtype=subtype)
