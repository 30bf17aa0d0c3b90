"""How close a piece of audio, or its pitch and loudness, comes to a target.

Conventions, as in mir_eval: the target comes first, the estimate second; both are 1-D, finite and
not empty, and where their lengths differ the first min(length) samples or frames count. An unvoiced
frame has f0 0 Hz. A figure that is not defined for the input (no confident pitch, a silent file) is
NaN, and `summarise` leaves it out. Arguments that break the conventions raise ValueError.

The F0 and loudness figures are those of Magenta DDSP (`ddsp/training/metrics.py`, 3.7.0), so they
can be compared with what DDSP reports; the pitch accuracies are mir_eval's.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from audio_tt.metrics.pitch_metrics import (
    CONFIDENT,
    OUTLIER_SEMITONES,
    F0Distance,
    f0_l1,
    pitch_jaccard,
    pitch_jumps,
    raw_chroma_accuracy,
    raw_pitch_accuracy,
    sounding_breaths,
    voicing,
)
from audio_tt.metrics.spectral_metrics import (
    frechet_distance,
    half_to_half,
    log_spectral_distance,
    mfcc_distance,
    mfcc_frechet,
    multiscale_spectral_distance,
    sounding_mfcc,
    validate,
)

__all__ = [
    "CONFIDENT",
    "OUTLIER_SEMITONES",
    "F0Distance",
    "evaluate",
    "f0_l1",
    "frechet_distance",
    "half_to_half",
    "log_spectral_distance",
    "loudness_correlation",
    "loudness_l1",
    "mfcc_distance",
    "mfcc_frechet",
    "multiscale_spectral_distance",
    "pitch_jaccard",
    "pitch_jumps",
    "raw_chroma_accuracy",
    "raw_pitch_accuracy",
    "sounding_breaths",
    "sounding_mfcc",
    "summarise",
    "validate",
    "voicing",
]


def loudness_l1(loudness_target: np.ndarray, loudness_estimate: np.ndarray) -> float:
    """Returns the mean absolute difference of two loudness curves `[frames]`, in dB."""
    target, estimate = validate(loudness_target, loudness_estimate)
    return float(np.abs(target - estimate).mean())


def loudness_correlation(loudness_target: np.ndarray, loudness_estimate: np.ndarray) -> float:
    """Returns Pearson's correlation of two loudness curves, -1 to 1; NaN when one is constant."""
    target, estimate = validate(loudness_target, loudness_estimate)
    target, estimate = target - target.mean(), estimate - estimate.mean()
    norm = np.linalg.norm(target) * np.linalg.norm(estimate)
    if norm <= 1e-9 * len(target):
        return float("nan")
    return float(np.clip(target @ estimate / norm, -1.0, 1.0))


def evaluate(
    target_audio: np.ndarray,
    estimate_audio: np.ndarray,
    sample_rate: int,
    *,
    f0_target: np.ndarray | None = None,
    confidence_target: np.ndarray | None = None,
    f0_estimate: np.ndarray | None = None,
    loudness_target: np.ndarray | None = None,
    loudness_estimate: np.ndarray | None = None,
) -> dict[str, float]:
    """Computes every figure that the arguments allow.

    Args:
      target_audio: `[samples]`.
      estimate_audio: `[samples]`.
      sample_rate: Of both, in Hz.
      f0_target: `[frames]` Hz; the pitch figures need all three pitch arguments.
      confidence_target: `[frames]`, 0 to 1.
      f0_estimate: `[frames]` Hz.
      loudness_target: `[frames]` dB; the loudness figures need both loudness arguments.
      loudness_estimate: `[frames]` dB.

    Returns:
      Figures by name. Of a pitch that is an outlier, `f0_l1_semitones` is NaN and `f0_outliers` 1;
      of one that was not tracked both are NaN. So `summarise` gives DDSP's mean and share.
    """
    scores = {
        "log_spectral_distance_db": log_spectral_distance(target_audio, estimate_audio),
        "multiscale_spectral_distance": multiscale_spectral_distance(target_audio, estimate_audio),
        "mfcc_distance": mfcc_distance(target_audio, estimate_audio, sample_rate),
        "pitch_jaccard": pitch_jaccard(target_audio, estimate_audio, sample_rate),
        "mfcc_frechet": mfcc_frechet(target_audio, estimate_audio, sample_rate),
    }
    if loudness_target is not None and loudness_estimate is not None:
        scores["loudness_l1_db"] = loudness_l1(loudness_target, loudness_estimate)
        scores["loudness_correlation"] = loudness_correlation(loudness_target, loudness_estimate)
    if f0_target is not None and confidence_target is not None and f0_estimate is not None:
        distance = f0_l1(f0_target, confidence_target, f0_estimate)
        scores["f0_l1_semitones"] = np.nan if distance.is_outlier else distance.semitones
        scores["f0_outliers"] = float(distance.is_outlier) if distance.is_tracked else np.nan
        scores["raw_pitch_accuracy"] = raw_pitch_accuracy(f0_target, f0_estimate)
        scores["raw_chroma_accuracy"] = raw_chroma_accuracy(f0_target, f0_estimate)
        recall, false_alarm = voicing(f0_target, f0_estimate)
        scores["voicing_recall"], scores["voicing_false_alarm"] = recall, false_alarm
    return scores


def summarise(scores: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns the mean of every figure over examples, each over those for which it is defined."""
    summary = {}
    for name in dict.fromkeys(name for row in scores for name in row):
        defined = [row[name] for row in scores if name in row and not np.isnan(row[name])]
        summary[name] = float(np.mean(defined)) if defined else float("nan")
    return summary
