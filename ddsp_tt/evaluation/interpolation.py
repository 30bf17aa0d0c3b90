"""Between two recordings: one feature at a time is moved from the one to the other.

The tasks of the DDSP paper (Engel et al. 2020, section 5.2): loudness, f0 or z is a linear mixture
of the two recordings' while all else stays that of the first. How well the audio obeys is measured
on what comes out.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from audio_tt.errors import UserError
from audio_tt.metrics import audio_metrics
from ddsp_tt.evaluation import evaluators
from ddsp_tt.evaluation.scoring import Window
from ddsp_tt.features import extraction

RECONSTRUCTION = "reconstruction"
_KEYS = {"loudness": "loudness_db", "f0": "f0_hz", "z": "z"}


def tasks_of(model: Any) -> list[str]:
    """Names of what a model can do: z takes an encoder.

    Raises:
      UserError: the model has no features to be mixed.
    """
    if model.preprocessor is None:
        raise UserError(
            f"models of type {type(model).__name__} read audio alone: they have no pitch and "
            "loudness to interpolate"
        )
    return [RECONSTRUCTION, *(task for task in _KEYS if task != "z" or model.encoder is not None)]


def measure(trained: Any, audio: np.ndarray, **options: Any) -> dict[str, Any]:
    """Features of a recording with z where the model has it: dict of `[frames]`, and the audio.

    Args:
      trained: a `loading.TrainedModel`.
      audio: float32 `[samples]` at the model's sample rate.
      **options: further ones of `features.extraction.extract`.
    """
    measured = extraction.measure(audio, **trained.analysis, **options)
    if trained.model.encoder is not None:
        n_frames = len(measured["f0_hz"])
        measured["z"] = trained.model.encoder.measure(measured, n_frames)
    return measured


def mix(source: dict[str, Any], target: dict[str, Any], task: str, weight: float) -> dict[str, Any]:
    """What the model is to play.

    Args:
      source: as `measure` gives it.
      target: the same; the shorter of both counts.
      task: of `tasks_of`.
      weight: share of the target, 0 to 1. Pitch is mixed in semitones.

    Returns:
      dict of `[frames]`; `f0_confidence` is the lesser of both where the pitch is mixed.
    """
    n_frames = min(len(source["f0_hz"]), len(target["f0_hz"]))
    names = ("f0_hz", "f0_confidence", "loudness_db", "power_db", "z")
    source, target = (
        {name: recording[name][:n_frames] for name in names if name in recording}
        for recording in (source, target)
    )
    if task == RECONSTRUCTION:
        return source
    keys = [_KEYS[task], *(["power_db"] if task == "loudness" and "power_db" in source else [])]
    mixed = {key: (1.0 - weight) * source[key] + weight * target[key] for key in keys}
    if task == "f0":
        pair = [np.maximum(recording["f0_hz"], 1.0) for recording in (source, target)]
        mixed["f0_hz"] = pair[0] ** (1.0 - weight) * pair[1] ** weight
        confidences = source["f0_confidence"], target["f0_confidence"]
        mixed["f0_confidence"] = np.minimum(*confidences)
    return {**source, **mixed}


def play(
    trained: Any, wanted: dict[str, Any], tracker: Any, seed: int = 0
) -> tuple[Any, dict[str, float]]:
    """Plays a mixture and measures how far what comes out is from what was asked for.

    Args:
      trained: a `loading.TrainedModel`.
      wanted: what `mix` returned.
      tracker: an `evaluation.Tracker`.
      seed: of the noise.

    Returns:
      An `evaluation.Window` whose target curves are those of `wanted`, and the figures of
      `evaluators.F0LdEvaluator`, the mean over windows of four seconds.
    """
    rates = trained.model.rates
    audio = np.concatenate(list(trained.render(wanted, seed)))
    played = extraction.measuring_copy(audio, rates)
    loudness = extraction.loudness(played, trained.convention, rates.frame_rate)
    f0_hz, _ = tracker(played)
    n_frames = len(wanted["f0_hz"])
    nearest = np.round(np.arange(len(f0_hz)) * (rates.frame_rate / tracker.frame_rate))
    nearest = np.minimum(nearest.astype(int), n_frames - 1)
    window = Window(
        target=audio,
        audio=audio,
        rates=rates,
        loudness_target=wanted["loudness_db"],
        loudness=loudness[:n_frames],
        f0_target=wanted["f0_hz"][nearest],
        confidence=wanted["f0_confidence"][nearest],
        f0=f0_hz,
        tracked_rate=tracker.frame_rate,
    )
    evaluator = evaluators.F0LdEvaluator()
    return window, audio_metrics.summarise([evaluator.evaluate(part) for part in window.split(4.0)])


def summarise(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The mean of every figure over the rows of each task, in their order."""
    summary = []
    for task in dict.fromkeys(row["task"] for row in rows):
        figures = [
            {key: x for key, x in row.items() if not isinstance(x, str) and key != "weight"}
            for row in rows
            if row["task"] == task
        ]
        summary.append({"task": task, **audio_metrics.summarise(figures)})
    return summary
