"""Harmonics and noise driven by one voice's pitch and loudness."""

import numpy as np

from audio_tt.command.progress import reporter
from ddsp_tt.trained import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "flute"
WIDE = "_48k"  # ends the name of an instrument's model at 48 kHz, where there is one


def variants(instrument):
    """As it is, by the model at 48 kHz, and moved to the instrument's register in any case."""
    ways = {"ddsp": {}}
    if instrument + WIDE in catalogue.instruments():
        ways["ddsp, 48 kHz"] = {"instrument": instrument + WIDE}
    from ddsp_tt.playing.transfer import Adjustment

    return {**ways, "ddsp, fitted as published": {"adjustment": Adjustment(keep_octave=False)}}


def instruments():
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def load(instrument, pitch=None, adjustment=None, seed=0, gin_files=(), gin_params=()):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.tracking.track`.
      adjustment: a `ddsp_tt.playing.transfer.Adjustment`; None for the default one.
      seed: of the noise.
      gin_files: settings to read after the model's own.
      gin_params: single settings, which win over both.
    """
    folder = catalogue.folder(instrument)

    from ddsp_tt.playing import transfer
    from ddsp_tt.trained import loading

    trained = loading.load(folder, gin_files, gin_params)

    def play(blocks, name):
        audio = np.concatenate(list(blocks))
        measured = transfer.measure(
            audio,
            name,
            progress=reporter("Measuring pitch"),
            **trained.analysis,
            **(pitch or {}),
        )
        yield from transfer.play(trained, measured, len(audio), adjustment, seed)

    return Player(trained.model.rates.sample_rate, keeps_channels=False, function=play)
