"""How well a trained model plays recordings that it has not learned from."""

import dataclasses

import numpy as np

from audio_tt import metrics, pitch
from audio_tt.progress import progress
from ddsp_tt import conventions, data, features, losses, postprocessing, streaming, transfer
from ddsp_tt.rates import DEFAULT_RATES, MEASURING_RATE

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
        return pitch.track(audio, MEASURING_RATE, self.frame_rate, crepe_capacity=self.capacity)


def resynthesis(trained, examples, tracker):
    """Plays held-out examples from their own features and compares with what was recorded.

    Args:
      trained: a `loading.TrainedModel`.
      examples: as `data.load_folder` gives them.
      tracker: a `Tracker`.

    Returns:
      dict: `spectral_loss` (six sizes, linear and logarithmic, of the sound at the model's own
      rate; see below), `loudness_l1_db`,
      `f0_l1_semitones` and `f0_outliers` as DDSP defines them (`audio_tt.metrics`), and
      `mfcc_frechet`, each the mean over examples.
    """
    scores, rates = [], trained.model.rates
    for example in progress(examples, "Evaluating", "example"):
        example = as_the_model_reads(trained, example)
        audio = np.concatenate(list(streaming.render(trained.model, example)))
        target, heard = example["audio_16k"], features.measuring_copy(audio, rates)
        loudness_db = features.loudness(heard, trained.convention, rates.frame_rate)
        scores.append(
            {
                "spectral_loss": spectral_loss(example["audio"], audio, rates.sample_rate),
                "loudness_l1_db": metrics.loudness_l1(example["loudness_db"], loudness_db),
                "mfcc_frechet": metrics.mfcc_frechet(target, heard, MEASURING_RATE),
                **_pitch_scores(*tracker(target), tracker(heard)[0]),
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
      target_audio: list of recordings `[samples]` of the instrument that is played on, at 16 kHz.
      tracker: a `Tracker`.

    Returns:
      dict: `raw_pitch_accuracy` (50 cents), `f0_l1_semitones` and `f0_outliers` of the output
      against the input's f0; `frechet_to_target` and `frechet_to_source`, the MFCC-Frechet
      distances of the output to the two instruments.
    """
    scores, outputs, played = [], [], []
    for example in progress(sources, "Transferring", "example"):
        example = as_the_model_reads(trained, example)
        adjusted, _ = postprocessing.adjust(
            example, trained.statistics, min_db=-conventions.get(trained.convention).range_db
        )
        octaves = np.median(np.log2(adjusted["f0_hz"] / np.maximum(example["f0_hz"], 1e-3)))
        adjustment = transfer.Adjustment(octave_shift=-round(octaves))
        audio = transfer.render(trained, example, len(example["audio"]), adjustment)
        outputs.append(features.measuring_copy(audio, trained.model.rates))
        played.append(example["audio_16k"])
        scores.append(_pitch_scores(*tracker(played[-1]), tracker(outputs[-1])[0]))
    return {
        **metrics.summarise(scores),
        "frechet_to_target": metrics.mfcc_frechet(target_audio, outputs, MEASURING_RATE),
        "frechet_to_source": metrics.mfcc_frechet(played, outputs, MEASURING_RATE),
    }


def as_the_model_reads(trained, example):
    """A prepared example with the loudness or power that a model learned from.

    Raises:
      UserError: it was prepared at other rates than the model's.
    """
    analysis = trained.analysis
    frame_rate = analysis["rates"].frame_rate
    example = {"rates": DEFAULT_RATES, "audio_16k": example["audio"], **example}
    data.check_rates(example, analysis["rates"], "the model")
    audio, n_frames, measured = example["audio_16k"], len(example["f0_hz"]), {}
    if trained.convention != conventions.DEFAULT:
        measured["loudness_db"] = features.loudness(audio, trained.convention, frame_rate)
    if analysis["power_window_length"]:
        measured["power_db"] = features.power(audio, frame_rate, analysis["power_window_length"])
    return {**example, **{key: x[:n_frames] for key, x in measured.items()}}


def spectral_loss(target, audio, sample_rate=MEASURING_RATE):
    """DDSP's spectral loss, the mean over stretches of four seconds.

    Windows last as long at every rate. Magnitudes grow with their samples, so losses of different
    rates cannot be compared.
    """
    size = min(_LOSS_SECONDS * sample_rate, len(target))
    sizes = [round(n * sample_rate / MEASURING_RATE) for n in (2048, 1024, 512, 256, 128, 64)]
    loss = losses.SpectralLoss(fft_sizes=sizes, mag_weight=1.0, logmag_weight=1.0)
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
