"""How well a trained model plays recordings that it has not learned from."""

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import gin
import numpy as np

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.metrics import audio_metrics
from audio_tt.pitch import tracking
from ddsp_tt.data import example_files, held_out
from ddsp_tt.evaluation.evaluators import BasicEvaluator, F0LdEvaluator, pitch_scores
from ddsp_tt.features import extraction, loudness_scales
from ddsp_tt.features.rates import DEFAULT_RATES, MEASURING_RATE, Rates
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer

_EVALUATORS = (BasicEvaluator, F0LdEvaluator)


@dataclasses.dataclass(frozen=True)
class Tracker:
    """How f0 is measured for the figures.

    Attributes:
      frame_rate: frames a second.
      capacity: size of CREPE; the definition says "full".
    """

    frame_rate: int = 250
    capacity: str = "full"

    def __call__(self, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`(f0_hz, confidence)` of audio at 16 kHz."""
        return tracking.track(audio, MEASURING_RATE, self.frame_rate, crepe_capacity=self.capacity)


@dataclasses.dataclass(frozen=True)
class Window:
    """A stretch of a recording, and what a model made of it.

    Attributes:
      target: the recording, float32 `[samples]`.
      audio: what was played, `[samples]`.
      rates: of both, and of the loudness.
      loudness_target: dB, `[frames]`.
      loudness: that of what was played.
      f0_target: Hz, `[tracked frames]`, by CREPE; None where no evaluator needs pitch.
      confidence: of `f0_target`.
      f0: that of what was played.
      tracked_rate: frames a second of the three.
    """

    target: np.ndarray
    audio: np.ndarray
    rates: Rates
    loudness_target: np.ndarray
    loudness: np.ndarray
    f0_target: np.ndarray | None = None
    confidence: np.ndarray | None = None
    f0: np.ndarray | None = None
    tracked_rate: int = 250

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.target) / self.rates.sample_rate

    def measuring_copy(self) -> Self:
        """The same at 16 kHz: figures of spectra compare between models at one rate only."""
        target, audio = (
            extraction.measuring_copy(x, self.rates) for x in (self.target, self.audio)
        )
        rates = Rates(frame_rate=self.rates.frame_rate)
        return dataclasses.replace(self, target=target, audio=audio, rates=rates)

    def split(self, seconds: float) -> Iterator[Self]:
        """Windows of that length one after the other; the rest at the end is left out.

        What is shorter than one window is a window by itself.
        """
        frame_rate, hop_length = self.rates.frame_rate, self.rates.hop_length
        size = min(round(seconds * frame_rate), len(self.loudness_target))
        for first in range(0, len(self.loudness_target) - size + 1, size):
            frames = slice(first, first + size)
            samples = slice(frames.start * hop_length, frames.stop * hop_length)
            tracked = slice(
                *(round(i / frame_rate * self.tracked_rate) for i in (frames.start, frames.stop))
            )
            cuts = {"target": samples, "audio": samples}
            cuts |= {"loudness_target": frames, "loudness": frames}
            if self.f0 is not None:
                cuts |= {"f0_target": tracked, "confidence": tracked, "f0": tracked}
            yield dataclasses.replace(self, **{k: getattr(self, k)[cut] for k, cut in cuts.items()})


def play(
    trained: Any, example: dict[str, Any], tracker: Tracker, needs_pitch: bool = True
) -> Window:
    """Plays an example from its own features and measures what came out, as one `Window`.

    Args:
      trained: a `loading.TrainedModel`.
      example: as `data.load_example` gives it.
      tracker: a `Tracker`.
      needs_pitch: track f0.

    Raises:
      UserError: the example was prepared at other rates than the model's.
    """
    rates = trained.model.rates
    example = as_the_model_reads(trained, example)
    audio = np.concatenate(list(trained.render(example)))
    played = extraction.measuring_copy(audio, rates)
    loudness = extraction.loudness(played, trained.convention, rates.frame_rate)
    window = Window(
        example["audio"], audio, rates, example["loudness_db"], loudness[: len(example["f0_hz"])]
    )
    if not needs_pitch:
        return window
    tracked = (*tracker(example["audio_16k"]), tracker(played)[0])
    names = ("f0_target", "confidence", "f0")
    return dataclasses.replace(
        window, **dict(zip(names, tracked, strict=True)), tracked_rate=tracker.frame_rate
    )


@gin.configurable(module="ddsp.training.eval_util")
def evaluate(
    trained: Any,
    stretches: Any = None,
    tracker: Tracker | None = None,
    evaluator_classes: Sequence[type] = _EVALUATORS,
    example_secs: float = 4.0,
    data_provider: Any = None,
) -> dict[str, Any]:
    """Plays held-out recordings from their own features and measures what comes out.

    A recording is played and tracked a minute at a time. The figures are those of its windows of
    `example_secs`: DDSP defines them for examples of that length, and the share of outliers
    depends on it.

    Args:
      trained: a `loading.TrainedModel`.
      stretches: a `held_out.Stretches`; None takes those of `data_provider`.
      tracker: a `Tracker`; None for CREPE full at 250 frames a second.
      evaluator_classes: of `ddsp_tt.evaluation.evaluators`.
      example_secs: length of a window.
      data_provider: such as a `TFRecordProvider`.

    Returns:
      dict: "overall", the mean of every figure over all windows; "recordings", a list of dicts
      with "recording", "seconds", "examples" (their number) and the means; "examples", a list of
      dicts with "recording", "start" (seconds) and the figures. A figure that is not defined is
      NaN, and no part of a mean.

    Raises:
      UserError: there is nothing to evaluate on, or it cannot be read.
    """
    evaluators = [evaluator() for evaluator in evaluator_classes]
    needs_pitch = any(evaluator.needs_pitch for evaluator in evaluators)
    tracker = tracker or Tracker()
    examples, recordings = [], []
    pairs = _pairs(stretches, data_provider, "Evaluating")
    for name, group in itertools.groupby(pairs, key=lambda pair: pair[0]):
        seconds, scores = 0.0, []
        for _, example in group:
            for window in play(trained, example, tracker, needs_pitch).split(example_secs):
                figures = {}
                for evaluator in evaluators:
                    figures |= evaluator.evaluate(window)
                scores.append({"recording": name, "start": seconds, **figures})
                seconds += window.seconds
        means = audio_metrics.summarise([_figures(row) for row in scores])
        recordings.append({"recording": name, "seconds": seconds, "examples": len(scores), **means})
        examples += scores
    overall = audio_metrics.summarise([_figures(row) for row in examples])
    return {"overall": overall, "recordings": recordings, "examples": examples}


def _pairs(stretches, data_provider, doing):
    if stretches is None and data_provider is None:
        raise UserError("nothing to evaluate on: give --data_dir, or evaluate.data_provider in gin")
    stretches = stretches or held_out.provided(data_provider)
    with progress(stretches.total, doing, "stretch") as bar:
        for pair in stretches.pairs:
            yield pair
            bar.update(1)


def _figures(row):
    return {key: value for key, value in row.items() if key not in ("recording", "start")}


@gin.configurable(module="ddsp.training.eval_util")
def sample(
    trained: Any,
    output_dir: str | Path,
    stretches: Any = None,
    tracker: Tracker | None = None,
    evaluator_classes: Sequence[type] = _EVALUATORS,
    num_recordings: int = 8,
    data_provider: Any = None,
) -> list[Path]:
    """Plays the first stretch of some held-out recordings and writes it, to hear and to see.

    Args:
      trained: a `loading.TrainedModel`.
      output_dir: folder for audio and figures.
      stretches: as for `evaluate`.
      tracker: as for `evaluate`.
      evaluator_classes: of `ddsp_tt.evaluation.evaluators`; each writes its own files.
      num_recordings: how many.
      data_provider: as for `evaluate`.

    Returns:
      The paths that were written.
    """
    evaluators = [evaluator() for evaluator in evaluator_classes]
    needs_pitch = any(evaluator.needs_pitch for evaluator in evaluators)
    written = {}
    for name, example in _pairs(stretches, data_provider, "Sampling"):
        if name not in written:
            if len(written) == num_recordings:
                break
            window = play(trained, example, tracker or Tracker(), needs_pitch)
            stem = Path(output_dir) / name
            written[name] = [path for e in evaluators for path in e.sample(window, stem)]
    return [path for paths in written.values() for path in paths]


def resynthesis(
    trained: Any, examples: Iterable[dict[str, Any]], tracker: Tracker
) -> dict[str, float]:
    """Figures of held-out examples, each taken as a whole, at 16 kHz whatever the model's rate.

    Args:
      trained: a `loading.TrainedModel`.
      examples: as `data.load_folder` gives them.
      tracker: a `Tracker`.

    Returns:
      dict: `spectral_loss` (the mean over stretches of four seconds), the figures of
      `F0LdEvaluator`, and `mfcc_frechet`, each the mean over examples.
    """
    scores = []
    for example in progress(examples, "Evaluating", "example"):
        played = play(trained, example, tracker).measuring_copy()
        spectral = audio_metrics.summarise(
            [BasicEvaluator().evaluate(part) for part in played.split(4.0)]
        )
        frechet = audio_metrics.mfcc_frechet(played.target, played.audio, MEASURING_RATE)
        scores.append({**spectral, **F0LdEvaluator().evaluate(played), "mfcc_frechet": frechet})
    return audio_metrics.summarise(scores)


def between(
    trained: Any,
    sources: Iterable[dict[str, Any]],
    target_audio: Sequence[np.ndarray],
    tracker: Tracker,
) -> dict[str, float]:
    """Plays recordings of another instrument and asks for its pitch and the target's timbre.

    Loudness is fitted to the target and the octave is kept, so that the output can be compared with
    the input as it is.

    Args:
      trained: a `loading.TrainedModel`.
      sources: examples of the instrument that is played from.
      target_audio: list of recordings `[samples]` of the instrument that is played on, at 16 kHz.
      tracker: a `Tracker`.

    Returns:
      dict: `raw_pitch_accuracy` (50 cents), `f0_l1_semitones` and `f0_outliers` of the output
      against the input's f0; `frechet_to_target` and `frechet_to_source`, the MFCC-Frechet
      distances of the output to the two instruments.
    """
    player = DdspPlayer(trained, Adjustment(keep_octave=True))
    scores, outputs, played = [], [], []
    for example in progress(sources, "Transferring", "example"):
        example = as_the_model_reads(trained, example)
        audio = np.concatenate(list(player.play_features(example, len(example["audio"]))))
        outputs.append(extraction.measuring_copy(audio, trained.model.rates))
        played.append(example["audio_16k"])
        scores.append(pitch_scores(*tracker(played[-1]), tracker(outputs[-1])[0]))
    return {
        **audio_metrics.summarise(scores),
        "frechet_to_target": audio_metrics.mfcc_frechet(target_audio, outputs, MEASURING_RATE),
        "frechet_to_source": audio_metrics.mfcc_frechet(played, outputs, MEASURING_RATE),
    }


def as_the_model_reads(trained: Any, example: dict[str, Any]) -> dict[str, Any]:
    """A prepared example with the loudness or power that a model learned from.

    Raises:
      UserError: it was prepared at other rates than the model's.
    """
    analysis = trained.analysis
    frame_rate = analysis["rates"].frame_rate
    example = {"rates": DEFAULT_RATES, "audio_16k": example["audio"], **example}
    example_files.check_rates(example, analysis["rates"], "the model")
    audio, n_frames, measured = example["audio_16k"], len(example["f0_hz"]), {}
    if trained.convention != loudness_scales.DEFAULT:
        measured["loudness_db"] = extraction.loudness(audio, trained.convention, frame_rate)
    if analysis["power_window_length"]:
        measured["power_db"] = extraction.power(audio, frame_rate, analysis["power_window_length"])
    return {**example, **{key: x[:n_frames] for key, x in measured.items()}}
