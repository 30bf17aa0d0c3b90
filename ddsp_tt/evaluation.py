"""How well a trained model plays recordings that it has not learned from."""

import dataclasses

import numpy as np

from audio_tt import metrics, pitch
from audio_tt.progress import progress
from ddsp_tt import conventions, features, losses, postprocessing, streaming, transfer

_LOSS_SECONDS = 4


@dataclasses.dataclass(frozen=True)
class Tracker:
    """How f0 is measured for the figures.

    Attributes:
      frame_rate: frames a second.
      capacity: size of CREPE; the definition says "full".
    """

    frame_rate: int = 250
    capacity: str = "full"

    def __call__(self, audio):
        """`(f0_hz, confidence)` of audio at 16 kHz."""
        return pitch.track(
            audio, features.SAMPLE_RATE, self.frame_rate, crepe_capacity=self.capacity
        )


def resynthesis(trained, examples, tracker):
    """Plays held-out examples from their own features and compares with what was recorded.

    Args:
      trained: a `loading.TrainedModel`.
      examples: as `data.load_folder` gives them.
      tracker: a `Tracker`.

    Returns:
      dict: `spectral_loss` (six sizes, linear and logarithmic), `loudness_l1_db`,
      `f0_l1_semitones` and `f0_outliers` as DDSP defines them (`audio_tt.metrics`), and
      `mfcc_frechet`, each the mean over examples.
    """
    scores = []
    for example in progress(examples, "Evaluating", "example"):
        target = example["audio"]
        if trained.convention != conventions.DEFAULT:
            loudness = features.loudness(target, trained.convention)[: len(example["f0_hz"])]
            example = {**example, "loudness_db": loudness}
        audio = np.concatenate(list(streaming.render(trained.model, example)))
        scores.append(
            {
                "spectral_loss": spectral_loss(target, audio),
                "loudness_l1_db": metrics.loudness_l1(
                    example["loudness_db"], features.loudness(audio, trained.convention)
                ),
                "mfcc_frechet": metrics.mfcc_frechet(target, audio, features.SAMPLE_RATE),
                **_pitch_scores(*tracker(target), tracker(audio)[0]),
            }
        )
    return metrics.summarise(scores)


def between(trained, sources, target_audio, tracker):
    """Plays recordings of another instrument and asks for its pitch and the target's timbre.

    Loudness is fitted to the target; the octaves that fitting would move the pitch by are taken
    back, so that the output can be compared with the input as it is.

    Args:
      trained: a `loading.TrainedModel`.
      sources: examples of the instrument that is played from.
      target_audio: list of recordings `[samples]` of the instrument that is played on.
      tracker: a `Tracker`.

    Returns:
      dict: `raw_pitch_accuracy` (50 cents), `f0_l1_semitones` and `f0_outliers` of the output
      against the input's f0; `frechet_to_target` and `frechet_to_source`, the MFCC-Frechet
      distances of the output to the two instruments.
    """
    scores, outputs = [], []
    for example in progress(sources, "Transferring", "example"):
        adjusted, _ = postprocessing.adjust(
            example, trained.statistics, min_db=-conventions.get(trained.convention).range_db
        )
        octaves = np.median(np.log2(adjusted["f0_hz"] / np.maximum(example["f0_hz"], 1e-3)))
        adjustment = transfer.Adjustment(octave_shift=-round(octaves))
        audio = transfer.render(trained, example, len(example["audio"]), adjustment)
        outputs.append(audio)
        scores.append(_pitch_scores(*tracker(example["audio"]), tracker(audio)[0]))
    played = [example["audio"] for example in sources]
    return {
        **metrics.summarise(scores),
        "frechet_to_target": metrics.mfcc_frechet(target_audio, outputs, features.SAMPLE_RATE),
        "frechet_to_source": metrics.mfcc_frechet(played, outputs, features.SAMPLE_RATE),
    }


def spectral_loss(target, audio):
    """DDSP's spectral loss, the mean over stretches of four seconds."""
    size = min(_LOSS_SECONDS * features.SAMPLE_RATE, len(target))
    loss = losses.SpectralLoss(mag_weight=1.0, logmag_weight=1.0)
    starts = range(0, len(target) - size + 1, size)
    return float(
        np.mean(
            [float(loss(target[None, i : i + size], audio[None, i : i + size])) for i in starts]
        )
    )


def _pitch_scores(f0_target, confidence, f0_hz):
    distance = metrics.f0_l1(f0_target, confidence, f0_hz)
    voiced = np.where(confidence >= metrics.CONFIDENT, f0_target, 0.0)
    return {
        "f0_l1_semitones": np.nan if distance.is_outlier else distance.semitones,
        "f0_outliers": float(distance.is_outlier) if distance.is_tracked else np.nan,
        "raw_pitch_accuracy": metrics.raw_pitch_accuracy(voiced, f0_hz),
    }
