"""Fits the pitch and loudness of a recording to what a model was trained on, before transfer.

The steps are those of the DDSP timbre transfer demo (Engel et al. 2020, magenta/ddsp,
ddsp/training/postprocessing.py and the timbre_transfer notebook). All arrays are numpy, one value
a frame.
"""

import dataclasses
import math
from typing import Any, Self

import numpy as np

from audio_tt.dsp.units import hz_to_midi, midi_to_hz
from ddsp_tt.features import level_response

MAX_MIDI = 110.0
MIN_POWER_DB = -80.0
SMOOTHING_SECONDS = 0.16  # Magenta's 40 frames, of which there are 250 a second
_WITHIN = 2.5  # standard deviations of the pitch that an instrument learned from
_OUTSIDE = 0.1  # share of a recording's notes that may be beyond
_MOST_OCTAVES = 4
_RANGE = (10.0, 50.0, 90.0)  # percentiles: the soft, the middle and the loud of a recording
STRETCH = (0.5, 1.25)
_SOFT_DB = (10.0, 22.0)  # below the notes' median: where a rest begins, and is one beyond doubt
_MAJOR_SCALE = np.array([0, 2, 4, 5, 7, 9, 11])


def shift_f0(f0_hz: np.ndarray, octaves: float) -> np.ndarray:
    """Moves a pitch by octaves and keeps it in the range from 0 Hz to MIDI 110 (4698.6 Hz)."""
    return np.clip(np.asarray(f0_hz, np.float64) * 2.0**octaves, 0, midi_to_hz(MAX_MIDI))


def octaves_between(f0_hz: np.ndarray, moved_hz: np.ndarray) -> int:
    """By how many octaves a pitch [frames] was moved; 0 where no frame has one before and after."""
    both = (f0_hz > 0) & (moved_hz > 0)
    return round(float(np.median(np.log2(moved_hz[both] / f0_hz[both])))) if both.any() else 0


@dataclasses.dataclass(frozen=True)
class QuantileTransformer:
    """A distribution as a table, to tell a value's rank (0 to 1) and a rank's value.

    It gives what scikit-learn's class of that name gives for a uniform output, without a random
    choice among the values.

    Attributes:
        quantiles: Values in rising order, [n_quantiles].
        references: Their ranks, from 0 to 1, [n_quantiles].
    """

    quantiles: np.ndarray
    references: np.ndarray

    @classmethod
    def from_dict(cls, table: dict[str, Any]) -> Self:
        """Makes one from the lists that `to_dict` gives."""
        return cls(*(np.ravel(table[name]).astype(float) for name in ("quantiles", "references")))

    def to_dict(self) -> dict[str, list[float]]:
        """Quantiles and references as lists, for JSON."""
        return {"quantiles": self.quantiles.tolist(), "references": self.references.tolist()}

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Ranks of values; of equal quantiles the middle rank. Beyond the ends: 0 and 1."""
        values = np.asarray(values, np.float64)
        from_below = np.interp(values, self.quantiles, self.references)
        from_above = -np.interp(-values, -self.quantiles[::-1], -self.references[::-1])
        ranks = (from_below + from_above) / 2
        ranks = np.where(values >= self.quantiles[-1], 1.0, ranks)
        return np.where(values <= self.quantiles[0], 0.0, ranks)

    def inverse_transform(self, ranks: np.ndarray) -> np.ndarray:
        """Values of ranks, with linear interpolation."""
        return np.interp(ranks, self.references, self.quantiles)


def fit_quantiles(values: np.ndarray, n_quantiles: int = 1000) -> QuantileTransformer:
    """Measures a distribution.

    Args:
        values: Any shape, finite, not empty.
        n_quantiles: Size of the table; no more than there are values.

    Returns:
        A `QuantileTransformer`.
    """
    values = np.ravel(values).astype(np.float64)
    references = np.linspace(0, 1, min(n_quantiles, values.size))
    quantiles = np.maximum.accumulate(np.quantile(values, references))
    return QuantileTransformer(quantiles, references)


def smoothing_of(frame_rate: float) -> int:
    """Frames over which `detect_notes` smooths at a frame rate."""
    return max(round(SMOOTHING_SECONDS * frame_rate), 1)


def _box_filter(values, size):
    padded = np.pad(values, ((size - 1) // 2, size // 2))
    return np.convolve(padded, np.full(size, 1 / size), "valid")


def detect_notes(
    loudness_db: np.ndarray,
    f0_confidence: np.ndarray,
    note_threshold: float = 1.0,
    exponent: float = 2.0,
    smoothing: int = 40,
    f0_confidence_threshold: float = 0.7,
    min_db: float = -80.0,
    mean_db: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Tells notes from rests by loudness times the smoothed power of the pitch's confidence.

    Args:
        loudness_db: [frames], dB.
        f0_confidence: [frames], 0 to 1.
        note_threshold: From which ratio on a frame is part of a note.
        exponent: Power of the confidence.
        smoothing: Width in frames of the mean over the confidence, with zeros beyond both ends.
        f0_confidence_threshold: Confidence that, at the mean loudness, gives a ratio of 1.
        min_db: Loudness of silence, dB.
        mean_db: The loudness to compare with, dB; None for the mean of `loudness_db`.

    Returns:
        Two arrays [frames]: whether a note is on, and the ratio that decides it (0 or more; 0
        everywhere in silence).
    """
    loudness_db = np.asarray(loudness_db, np.float64)
    if loudness_db.size == 0:
        return np.zeros(0, bool), np.zeros(0)
    mean_db = np.mean(loudness_db) if mean_db is None else mean_db
    reference = (mean_db - min_db) * f0_confidence_threshold**exponent
    if not reference > 1e-6:
        return np.zeros(loudness_db.shape, bool), np.zeros(loudness_db.shape)
    confidence = _box_filter(np.asarray(f0_confidence, np.float64) ** exponent, smoothing)
    ratio = np.maximum(confidence * (loudness_db - min_db) / reference, 0)
    return ratio >= note_threshold, ratio


def fit_quantile_transform(
    loudness_db: np.ndarray, mask_on: np.ndarray, inv_quantile: QuantileTransformer
) -> np.ndarray:
    """Gives the notes of a recording the loudness distribution of the training data.

    Args:
        loudness_db: [frames], dB.
        mask_on: [frames], True in notes, at least one.
        inv_quantile: `QuantileTransformer` of the training data's loudness.

    Returns:
        Loudness [frames]; rests keep theirs.
    """
    fitted = np.array(loudness_db, np.float64)
    notes = fitted[mask_on]
    fitted[mask_on] = inv_quantile.inverse_transform(fit_quantiles(notes).transform(notes))
    return fitted


def fit_level_and_range(
    loudness_db: np.ndarray,
    mask_on: np.ndarray,
    inv_quantile: QuantileTransformer,
    stretch: tuple[float, float] = STRETCH,
) -> np.ndarray:
    """Moves the notes of a recording to the level and towards the range of the training data.

    The map is one straight line for all frames: the median of the notes goes to that of the data,
    and the distance of their 10th and 90th percentile to that of the data's, as far as `stretch`
    allows. Differences keep their proportions, so that notes of one level stay notes of one level.

    Args:
        loudness_db: [frames], dB.
        mask_on: [frames], True in notes, at least one.
        inv_quantile: `QuantileTransformer` of the training data's loudness.
        stretch: Least and greatest slope of the line.

    Returns:
        Loudness [frames].
    """
    low, middle, high = np.percentile(loudness_db[mask_on], _RANGE)
    data_low, data_middle, data_high = inv_quantile.inverse_transform(np.divide(_RANGE, 100))
    slope = np.clip((data_high - data_low) / max(high - low, 1e-6), *stretch)
    return data_middle + slope * (loudness_db - middle)


def _standardized(costs):
    spread = np.std(costs)
    return (costs - np.mean(costs)) / (spread if spread > 0 else 1)


def get_tuning_factor(f0_midi: np.ndarray, f0_confidence: np.ndarray, mask_on: np.ndarray) -> float:
    """Finds how far a recording is out of tune with concert pitch.

    The offset is the one that leaves the least distance to the chromatic scale and the fewest
    changes of note, both weighted by confidence and equally important.

    Args:
        f0_midi: [frames], MIDI pitch.
        f0_confidence: [frames], 0 to 1.
        mask_on: [frames], True in notes.

    Returns:
        The offset in semitones, -0.5 to 0.5 in steps of 0.01; 0 with fewer than two note frames.
    """
    pitch, weights = np.asarray(f0_midi)[mask_on], np.asarray(f0_confidence)[mask_on]
    if pitch.size < 2:
        return 0.0
    offsets = np.linspace(-0.5, 0.5, 101)
    distances, changes = np.zeros(101), np.zeros(101)
    for i, offset in enumerate(offsets):
        notes = np.round(pitch - offset)
        distances[i] = np.mean(weights * np.abs(pitch - offset - notes))
        changes[i] = np.mean(weights[:-1] * (np.diff(notes) != 0))
    return float(offsets[np.argmin(_standardized(distances) + _standardized(changes))])


def _distance_to_scale(f0_midi, tonic):
    """Signed distance in semitones to the nearest note of the major scale on `tonic`."""
    degrees = np.append(_MAJOR_SCALE, 12)
    position = np.mod(f0_midi - tonic, 12)
    middles = (degrees[1:] + degrees[:-1]) / 2
    return position - degrees[np.searchsorted(middles, position)]


def auto_tune(
    f0_midi: np.ndarray,
    tuning_factor: float,
    mask_on: np.ndarray,
    amount: float = 0.0,
    chromatic: bool = False,
) -> np.ndarray:
    """Draws pitches towards the notes of a scale.

    Args:
        f0_midi: [frames], MIDI pitch.
        tuning_factor: Offset of the chromatic scale, semitones; a major scale does not use it.
        mask_on: [frames], True in notes; they choose the major scale.
        amount: 0 leaves the pitch, 1 puts it on the note.
        chromatic: Whether all twelve notes count, or those of the major scale that fits best.

    Returns:
        MIDI pitch [frames].
    """
    f0_midi = np.asarray(f0_midi, np.float64)
    if chromatic:
        distance = f0_midi - tuning_factor - np.round(f0_midi - tuning_factor)
    elif not np.any(mask_on):
        return f0_midi
    else:
        notes = f0_midi[mask_on]
        misfits = [np.mean(np.abs(_distance_to_scale(notes, tonic))) for tonic in range(12)]
        distance = _distance_to_scale(f0_midi, int(np.argmin(misfits)))
    return f0_midi - amount * distance


_NOTES_PITCH = {f"{figure}_pitch_note" for figure in ("mean", "std", "min", "max")}


def octaves_to(
    statistics: dict[str, Any], f0_midi: np.ndarray, keep_octave: bool | None = False
) -> float:
    """By how many octaves notes are moved to where an instrument can play them.

    Args:
        statistics: Of the instrument's training data.
        f0_midi: [notes' frames], MIDI.
        keep_octave: False moves them towards the data's mean pitch, as the demo does: up to 1.5
            octaves round up, more round down. None moves them as little as is needed for the
            instrument to have learned from such notes: nine frames in ten within the data's
            extremes and 2.5 standard deviations of their mean. Where no shift does it, as False.
            True does not move them. Nor does anything where the mean is not known; None goes to
            the octave nearest to the mean where the extremes or the deviation are not.
    """
    if keep_octave or "mean_pitch" not in statistics:
        return 0
    octaves = (statistics["mean_pitch"] - np.mean(f0_midi)) / 12
    if keep_octave is None and not statistics.keys() >= _NOTES_PITCH:
        return round(octaves)
    if keep_octave is None:
        reach = _WITHIN * statistics["std_pitch_note"]
        lowest = max(statistics["min_pitch_note"], statistics["mean_pitch_note"] - reach)
        highest = min(statistics["max_pitch_note"], statistics["mean_pitch_note"] + reach)
        half = 0.5  # a semitone's rounding
        for shift in sorted(range(-_MOST_OCTAVES, _MOST_OCTAVES + 1), key=abs):
            moved = f0_midi + 12 * shift
            outside = (moved < lowest - half) | (moved > highest + half)
            if np.mean(outside) <= _OUTSIDE:
                return shift
    return math.floor(octaves) if octaves > 1.5 else math.ceil(octaves)


def adjust(
    features: dict[str, Any],
    statistics: dict[str, Any] | None,
    auto_adjust: bool = True,
    threshold: float = 1.0,
    quiet: float = 10.0,
    autotune: float = 0.0,
    chromatic: bool = False,
    octave_shift: int = 0,
    loudness_shift: float = 0.0,
    keep_octave: bool | None = False,
    loudness_fit: str = "range",
    min_db: float = -80.0,
    smoothing: int = 40,
) -> tuple[dict[str, Any], np.ndarray]:
    """Fits features to a model's training data, then applies the user's own shifts.

    In the demo's order: notes are detected; pitch moves by whole octaves; loudness is fitted to the
    data's and rests are turned down; pitch is drawn to a scale; last come the
    manual shifts. Where no note is found only those are applied.
    What comes out is finite even where the input is not: such frames count as silent.

    Args:
        features: Dict with `f0_hz` [frames] (0 where there is no pitch), `loudness_db` [frames],
            `f0_confidence` [frames] (0 to 1), where the model reads it `power_db` [frames], which
            moves by as many dB as the loudness, and whatever else, which is passed on.
        statistics: Dict of `features.statistics.compute_statistics`, or None to fit nothing. What
            is missing in it is not fitted. With a `level_response` (see that module) notes of one
            level are asked for so that they are played at one level.
        auto_adjust: Whether to fit at all.
        threshold: Note detection's threshold, about 0 (all is a note) to 2.
        quiet: By how many dB the rests are turned down at most.
        autotune: How far pitch is drawn to a scale, 0 to 1.
        chromatic: Whether to the chromatic scale, or else to the best major scale; both at concert
            pitch.
        octave_shift: Octaves to move the pitch by.
        loudness_shift: dB to add to the loudness.
        keep_octave: See `octaves_to`.
        loudness_fit: "range" is `fit_level_and_range`; "quantiles", the
            demo's, is `fit_quantile_transform`, which makes any difference fill the whole range.
        min_db: Loudness of silence in the model's convention, dB.
        smoothing: See `detect_notes`.

    Returns:
        The features as a new dict of float32 arrays, and the notes' mask [frames].
    """
    f0_hz, loudness_db, confidence = (
        np.nan_to_num(np.asarray(features[name], np.float64), nan=rest, posinf=rest, neginf=rest)
        for name, rest in (("f0_hz", 0.0), ("loudness_db", min_db), ("f0_confidence", 0.0))
    )
    measured_db = loudness_db
    mask_on, ratio = detect_notes(
        loudness_db, confidence, threshold, smoothing=smoothing, min_db=min_db
    )
    if auto_adjust and statistics is not None and np.any(mask_on):
        sounding = mask_on & (f0_hz > 0)
        if np.any(sounding):
            octaves = octaves_to(statistics, hz_to_midi(f0_hz[sounding]), keep_octave)
            f0_hz = shift_f0(f0_hz, octaves)
        # A high threshold leaves loud frames among the rests: turn them down by nothing, not up.
        rests = np.where(mask_on, 0.0, np.maximum(1 - ratio, 0))
        if loudness_fit == "range":
            # What is as loud as the notes is no rest, however unsure its pitch.
            below = np.median(loudness_db[mask_on]) - loudness_db
            rests *= np.interp(below, _SOFT_DB, (0.0, 1.0))
        if "quantile_transform" in statistics:
            fit = fit_level_and_range if loudness_fit == "range" else fit_quantile_transform
            loudness_db = fit(loudness_db, mask_on, statistics["quantile_transform"])
        if loudness_fit == "range" and "level_response" in statistics:
            played_hz = shift_f0(f0_hz, octave_shift)
            loudness_db = level_response.even_out(
                loudness_db, played_hz, statistics["level_response"]
            )
        loudness_db = loudness_db - quiet * rests
        if autotune:
            f0_midi = hz_to_midi(f0_hz)
            # The player's own offset goes first: half a semitone off is between two notes.
            tuning = get_tuning_factor(f0_midi, confidence, sounding)
            tuned = auto_tune(f0_midi - tuning, 0.0, sounding, autotune, chromatic)
            f0_hz = np.where(f0_hz > 0, midi_to_hz(tuned + (1 - autotune) * tuning), 0)
    loudness_db = loudness_db + loudness_shift
    adjusted = {
        **features,
        "f0_hz": shift_f0(f0_hz, octave_shift).astype(np.float32),
        "loudness_db": loudness_db.astype(np.float32),
        "f0_confidence": confidence.astype(np.float32),
    }
    if "power_db" in features:
        power_db = np.nan_to_num(features["power_db"], nan=MIN_POWER_DB, neginf=MIN_POWER_DB)
        moved = np.maximum(power_db + loudness_db - measured_db, MIN_POWER_DB)
        adjusted["power_db"] = moved.astype(np.float32)
    return adjusted, mask_on
