"""What a DDSP instrument reads, made of curves that notes became rather than of a recording."""

from typing import Any

import numpy as np

from audio_tt.dsp.units import midi_to_hz
from audio_tt.errors import UserError
from audio_tt.music.curves import Curves
from ddsp_tt.features import fitting, loudness_scales
from ddsp_tt.playing.adjustment import Adjustment

_RANKS = (0.05, 0.95)  # of the data's levels, for the softest and the loudest note
_USUAL = (-0.5, -0.05)  # of the range: levels of an instrument without statistics


def check(instrument: Any) -> None:
    """Makes sure that an instrument plays pitch and loudness alone.

    Raises:
      UserError: it reads audio, which notes have none of.
    """
    if instrument.reads_audio or not instrument.reads_features:
        raise UserError(f"{instrument.name} reads recordings, so it cannot play notes")


def octaves_of(pitch: np.ndarray, instrument: Any, adjustment: Adjustment) -> float:
    """By how many octaves an instrument moves a part that it is given.

    Args:
      pitch: `[frames]`, MIDI, of all that sounds in the part.
      instrument: a `trained.loading.TrainedModel` or a `playing.engine.Instrument`.
      adjustment: how it fits.
    """
    octaves = adjustment.octave_shift
    if adjustment.auto_adjust and instrument.statistics is not None and len(pitch):
        octaves += fitting.octaves_to(instrument.statistics, pitch, adjustment.keep_octave)
    return octaves


def features_of(
    curves: Curves, instrument: Any, octaves: float = 0.0, loudness_shift: float = 0.0
) -> dict[str, np.ndarray]:
    """Makes pitch and loudness of curves.

    The strength of a note is a rank among the levels that the instrument learned from.

    Args:
      curves: of one voice, at the instrument's frame rate.
      instrument: a `trained.loading.TrainedModel` or a `playing.engine.Instrument`.
      octaves: to move the pitch by.
      loudness_shift: dB to add.

    Returns:
      dict of float32 `[frames]`: `f0_hz`, `f0_confidence`, `loudness_db` and `power_db`.
    """
    quietest_db = -loudness_scales.get(instrument.convention).range_db
    statistics = instrument.statistics or {}
    if "quantile_transform" in statistics:
        ranks = np.interp(curves.strength, (0.0, 1.0), _RANKS)
        level_db = statistics["quantile_transform"].inverse_transform(ranks)
    else:
        level_db = -quietest_db * np.interp(curves.strength, (0.0, 1.0), _USUAL)
    loudness_db = np.maximum(level_db + curves.gain_db + loudness_shift, quietest_db)
    apart = statistics.get("mean_power_note", 0.0) - statistics.get("mean_loudness_note", 0.0)
    features = {
        "f0_hz": fitting.shift_f0(midi_to_hz(curves.pitch), octaves),
        "f0_confidence": np.ones(len(curves.pitch)),
        "loudness_db": loudness_db,
        "power_db": np.maximum(loudness_db + apart, fitting.MIN_POWER_DB),
    }
    return {name: values.astype(np.float32) for name, values in features.items()}
