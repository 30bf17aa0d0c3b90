"""Harmonics and noise driven by one voice's pitch and loudness."""

from ddsp_tt.trained import catalogue

INSTRUMENT = "flute"
WIDE = "_48k"  # ends the name of an instrument's model at 48 kHz, where there is one


def variants(instrument):
    """As it is, by the model at 48 kHz, and moved to the instrument's register in any case."""
    ways = {"ddsp": {}}
    if instrument + WIDE in catalogue.instruments():
        ways["ddsp, 48 kHz"] = {"instrument": instrument + WIDE}
    from ddsp_tt.playing.adjustment import Adjustment

    return {
        **ways,
        "ddsp, fitted as published": {
            "adjustment": Adjustment(keep_octave=False, loudness_fit="quantiles", quiet=20.0)
        },
    }


def instruments():
    """Every instrument of the catalogue, from whatever has a pitch."""
    return dict.fromkeys(catalogue.instruments(), "one voice of any kind")


def define_flags():
    """Those of pitch tracking and of fitting a performance to the instrument."""
    from absl import flags

    from audio_tt.command import pitch_flags
    from ddsp_tt import transfer_flags

    flags.adopt_module_key_flags(transfer_flags)
    flags.adopt_module_key_flags(pitch_flags)


def options():
    """The flags as keyword arguments of `load`."""
    from audio_tt.command import pitch_flags
    from ddsp_tt import transfer_flags

    return {"pitch": pitch_flags.options(), **transfer_flags.options()}


def load(instrument, pitch=None, adjustment=None, seed=0):
    """The player of an instrument.

    Args:
      instrument: of the catalogue.
      pitch: keyword arguments of `audio_tt.pitch.tracking.PitchTracker`.
      adjustment: a `ddsp_tt.playing.adjustment.Adjustment`; None for the default one.
      seed: of the noise.
    """
    folder = catalogue.folder(instrument)

    from ddsp_tt.playing.player import DdspPlayer
    from ddsp_tt.trained import loading

    return DdspPlayer(loading.load(folder), adjustment, pitch, seed)
