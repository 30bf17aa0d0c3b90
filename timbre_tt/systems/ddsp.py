"""Harmonics and noise driven by one voice's pitch and loudness."""

import numpy as np

from audio_tt.progress import reporter
from ddsp_tt import catalogue
from timbre_tt.systems import Player

INSTRUMENT = "flute"
WIDE = "_48k"  # ends the name of an instrument's model at 48 kHz, where there is one


def variants(instrument):
    """As it is, by the model at 48 kHz, and moved to the instrument's register in any case."""
    ways = {"ddsp": {}}
    if instrument + WIDE in catalogue.instruments():
        ways["ddsp, 48 kHz"] = {"instrument": instrument + WIDE}
    return {**ways, "ddsp, fitted as published": {"keep_octave": False}}


def instruments():
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def define_flags():
    """Those of pitch tracking and of fitting a performance to the instrument."""
    from absl import flags

    from audio_tt import pitch_flags
    from ddsp_tt import transfer_flags

    flags.DEFINE_bool(
        "keep_octave",
        None,
        "Stay in the octave, or move to where the instrument is at home; by default it stays where "
        "the instrument has the notes.",
    )
    flags.adopt_module_key_flags(transfer_flags)
    flags.adopt_module_key_flags(pitch_flags)


def options():
    """The flags as keyword arguments of `load`."""
    from absl.flags import FLAGS

    from audio_tt import pitch_flags
    from ddsp_tt import transfer_flags

    options = {"pitch": pitch_flags.options(), "keep_octave": FLAGS.keep_octave}
    return {**options, **transfer_flags.options()}


def load(instrument, pitch=None, adjustment=None, seed=0, keep_octave=None):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.track`.
      adjustment: a `ddsp_tt.transfer.Adjustment`; None for the default one.
      seed: of the noise.
      keep_octave: whether the octaves that fitting moves the pitch by are taken back; None does
        so where the instrument has the notes.
    """
    folder = catalogue.folder(instrument)

    from ddsp_tt import loading, transfer

    trained = loading.load(folder)

    def play(blocks, name):
        audio = np.concatenate(list(blocks))
        measured = transfer.measure(
            audio,
            name,
            progress=reporter("Measuring pitch"),
            **trained.analysis,
            **(pitch or {}),
        )
        fitted = adjustment
        if measured is not None:
            keeps = keep_octave
            if keeps is None:
                keeps = transfer.has_the_notes(trained, measured)
            if keeps:
                fitted = transfer.octave_kept(trained, measured, adjustment)
        yield from transfer.play(trained, measured, len(audio), fitted, seed)

    return Player(trained.model.rates.sample_rate, keeps_channels=False, function=play)
