"""How close the pitch of an estimate comes to a target's, and whether the same notes sound.

Conventions as in `audio_tt.metrics`.
"""

from typing import NamedTuple

import numpy as np

from audio_tt.dsp.units import hz_to_midi
from audio_tt.metrics.spectral_metrics import validate

CONFIDENT = 0.85
OUTLIER_SEMITONES = 12.0
_JUMP_SEMITONES = 1.0
_SLACK_SECONDS = 0.05
_BREATH_DB = 50.0  # below the loudest frame: what is softer is silence
_SOUNDS_DB = 30.0  # below the notes' median: what is softer is not heard beside them


class F0Distance(NamedTuple):
    """The distance of two pitch curves.

    Attributes:
      semitones: Mean absolute difference over the frames where the target is confident; NaN when it
        is confident nowhere.
      is_outlier: Whether that is more than an octave, in which case DDSP counts the example as an
        outlier and leaves its distance out of the mean.
      is_tracked: Whether the target is confident anywhere; otherwise DDSP leaves the example out.
    """

    semitones: float
    is_outlier: bool
    is_tracked: bool


def f0_l1(
    f0_target: np.ndarray, confidence_target: np.ndarray, f0_estimate: np.ndarray
) -> F0Distance:
    """Measures the distance of two pitch curves where the target is confident (0.85 and above).

    Args:
      f0_target: `[frames]` Hz, 0 where unvoiced.
      confidence_target: `[frames]`, 0 to 1, as CREPE gives it.
      f0_estimate: `[frames]` Hz; 0 counts as MIDI note 0, as in DDSP.
    """
    f0_target, confidence = validate(f0_target, confidence_target)
    f0_target, f0_estimate = validate(f0_target, f0_estimate)
    confident = confidence[: len(f0_target)] >= CONFIDENT
    if not confident.any():
        return F0Distance(np.nan, is_outlier=False, is_tracked=False)
    difference = np.abs(hz_to_midi(f0_target) - hz_to_midi(f0_estimate))
    semitones = float(difference[confident].mean())
    return F0Distance(semitones, is_outlier=semitones > OUTLIER_SEMITONES, is_tracked=True)


def raw_pitch_accuracy(
    f0_target: np.ndarray, f0_estimate: np.ndarray, tolerance_cents: float = 50.0
) -> float:
    """Returns the share of the target's voiced frames whose estimate is within the tolerance.

    See `mir_eval.melody.raw_pitch_accuracy`. NaN when the target is unvoiced throughout.

    Example:
      >>> sung = np.array([440.0, 440.0, 440.0, 0.0])
      >>> played = np.array([441.0, 880.0, 440.0, 440.0])
      >>> round(raw_pitch_accuracy(sung, played), 3)
      0.667
    """
    from mir_eval import melody

    return _accuracy(melody.raw_pitch_accuracy, f0_target, f0_estimate, tolerance_cents)


def raw_chroma_accuracy(
    f0_target: np.ndarray, f0_estimate: np.ndarray, tolerance_cents: float = 50.0
) -> float:
    """Returns the raw pitch accuracy with octave errors forgiven.

    See `mir_eval.melody.raw_chroma_accuracy`. NaN when the target is unvoiced throughout.
    """
    from mir_eval import melody

    return _accuracy(melody.raw_chroma_accuracy, f0_target, f0_estimate, tolerance_cents)


def voicing(f0_target: np.ndarray, f0_estimate: np.ndarray) -> tuple[float, float]:
    """Returns mir_eval's voicing recall and voicing false alarm, each 0 to 1.

    The share of the target's voiced frames that are voiced in the estimate, and that of its
    unvoiced frames. Each is NaN when the target has no such frame.
    """
    target, estimate = (curve > 0.0 for curve in validate(f0_target, f0_estimate))
    shares = [estimate[frames].mean() if frames.any() else np.nan for frames in (target, ~target)]
    return float(shares[0]), float(shares[1])


def pitch_jumps(f0_target: np.ndarray, f0_estimate: np.ndarray, frame_rate: float) -> float:
    """Returns how often the estimate's pitch leaps where the target's does not: chirps.

    A jump is more than a semitone between neighbouring frames that are both voiced. The target has
    one where its next voiced frame, after a gap or not, is more than a semitone away. Each jump of
    the target accounts for one of the estimate that lies in it, up to 50 ms before or after; the
    others are counted. A transposition of the whole estimate makes none.

    Args:
      f0_target: `[frames]` Hz, 0 where unvoiced.
      f0_estimate: `[frames]` Hz, 0 where unvoiced.
      frame_rate: Frames a second.

    Returns:
      Jumps a second of voiced estimate, 0 or more; NaN where the estimate is unvoiced throughout.
    """
    target, estimate = validate(f0_target, f0_estimate)
    if not (estimate > 0.0).any():
        return float("nan")
    slack = round(_SLACK_SECONDS * frame_rate)
    intended = iter([(a - slack, b + slack) for a, b in _jumps(target)])
    first, last = next(intended, (np.inf, np.inf))
    extra = 0
    for before, after in _jumps(estimate):
        if after > before + 1:
            continue
        while last < after:
            first, last = next(intended, (np.inf, np.inf))
        if first <= before:
            first, last = next(intended, (np.inf, np.inf))
        else:
            extra += 1
    return extra * frame_rate / float((estimate > 0.0).sum())


def sounding_breaths(
    f0_target: np.ndarray, loudness_target: np.ndarray, loudness_estimate: np.ndarray
) -> float:
    """Returns the share of the target's breaths and consonants at which the estimate sounds.

    A breath is a frame of the target that is unvoiced and less than 50 dB below its loudest. The
    estimate sounds where it is less than 30 dB below its own median over the target's voiced
    frames. An instrument that rests wherever the singer breathes has 0.

    Args:
      f0_target: `[frames]` Hz, 0 where unvoiced.
      loudness_target: `[frames]` dB, of the same frames.
      loudness_estimate: `[frames]` dB.

    Returns:
      0 to 1; NaN when the target has no such frame, or no voiced one.
    """
    f0_target, loudness_target = validate(f0_target, loudness_target)
    loudness_target, loudness_estimate = validate(loudness_target, loudness_estimate)
    voiced = f0_target[: len(loudness_target)] > 0.0
    breath = ~voiced & (loudness_target > loudness_target.max() - _BREATH_DB)
    if not voiced.any() or not breath.any():
        return float("nan")
    threshold = np.median(loudness_estimate[voiced]) - _SOUNDS_DB
    return float(np.mean(loudness_estimate[breath] > threshold))


def pitch_jaccard(target: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Returns how much the notes that sound differ, for music of any number of voices.

    The Jaccard distance (1 - common notes / notes of either) of the MIDI pitches that
    `audio_tt.pitch.multipitch` hears in each frame, 25 frames a second; the mean over the frames
    in which it hears any. The measure is that of Cifka et al. 2021 ("Self-supervised VQ-VAE for
    one-shot music style transfer", ICASSP), who let another algorithm, MELODIA's, find the pitches.

    Args:
      target: `[samples]`, what the notes should be; often the input of a transfer.
      estimate: `[samples]`.
      sample_rate: Of both, in Hz.

    Returns:
      0 where the same notes sound throughout, 1 where none does; NaN when none is heard in either.
    """
    from audio_tt.pitch import multipitch

    target, estimate = validate(target, estimate)
    return jaccard_distance(*(multipitch.piano_roll(x, sample_rate) for x in (target, estimate)))


def jaccard_distance(target: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the Jaccard distance of two piano rolls `[frames, pitches]`; see `pitch_jaccard`."""
    length = min(len(target), len(estimate))
    target, estimate = (np.asarray(roll[:length], bool) for roll in (target, estimate))
    either = (target | estimate).sum(axis=1)
    heard = either > 0
    if not heard.any():
        return float("nan")
    common = (target & estimate).sum(axis=1)
    return float(1.0 - np.mean(common[heard] / either[heard]))


def _jumps(f0_hz: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of successive voiced frames whose pitches are more than a semitone apart."""
    voiced = np.flatnonzero(f0_hz > 0.0)
    steps = np.abs(np.diff(hz_to_midi(f0_hz[voiced])))
    return [(int(voiced[i]), int(voiced[i + 1])) for i in np.flatnonzero(steps > _JUMP_SEMITONES)]


def _accuracy(metric, f0_target, f0_estimate, tolerance_cents: float) -> float:
    from mir_eval import melody

    target, estimate = validate(f0_target, f0_estimate)
    if not (target > 0.0).any():
        return float("nan")
    target_hz, target_voicing = melody.freq_to_voicing(target)
    estimate_hz, estimate_voicing = melody.freq_to_voicing(estimate)
    target_cents, estimate_cents = melody.hz2cents(target_hz), melody.hz2cents(estimate_hz)
    return float(
        metric(
            target_voicing,
            target_cents,
            estimate_voicing,
            estimate_cents,
            cent_tolerance=tolerance_cents,
        )
    )
