"""How loud an instrument's steady notes are: see `features.level_response`."""

import numpy as np
import soxr

from audio_tt.dsp.units import midi_to_hz
from ddsp_tt.features import extraction, level_response
from ddsp_tt.playing.engine.instrument import Instrument

_SEMITONES = 2  # from one note to the next
_RANKS = (0.05, 0.25, 0.5, 0.75, 0.95)  # of the loudness of the training data's notes
_SECONDS = 0.8
_SETTLED = 0.4  # what the beginning of a note takes
_RATE = 16000


def response(instrument: Instrument) -> dict[str, list] | None:
    """Plays steady notes over the range that an instrument learned from, and measures them.

    Args:
      instrument: one that plays without Keras.

    Returns:
      See `level_response.table`; None where the instrument has no statistics, or is asked for
      power.
    """
    known, heard = instrument.statistics or {}, heard_range(instrument)
    if instrument.power_window_length or heard is None or "quantile_transform" not in known:
        return None
    lowest, highest = heard
    midi = np.arange(np.ceil(lowest), max(highest, lowest + 2 * _SEMITONES), _SEMITONES)
    levels = known["quantile_transform"].inverse_transform(np.array(_RANKS))
    if not (np.diff(levels) > 0).all():
        return None
    played = [[_heard(instrument, pitch, level) for level in levels] for pitch in midi]
    return level_response.table(midi, levels, np.array(played))


def heard_range(instrument: Instrument) -> tuple[float, float] | None:
    """The lowest and the highest MIDI pitch that it learned from; None where nothing says so."""
    known = instrument.statistics or {}
    ends = [known.get(f"{end}_pitch_note") for end in ("min", "max")]
    return None if None in ends else tuple(ends)


def _heard(instrument, midi, loudness_db):
    rates = instrument.rates
    n_frames = round(_SECONDS * rates.frame_rate)
    features = {
        "f0_hz": np.full(n_frames, midi_to_hz(midi), np.float32),
        "loudness_db": np.full(n_frames, loudness_db, np.float32),
    }
    audio = np.concatenate(list(instrument.render(features)))
    audio = soxr.resample(audio, rates.sample_rate, _RATE)
    heard = extraction.loudness(audio, instrument.convention, rates.frame_rate)
    settled = round(_SETTLED * rates.frame_rate)
    return float(np.mean(heard[settled : n_frames - settled // 4]))
