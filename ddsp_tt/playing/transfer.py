"""Audio of one instrument in, audio of another out: the one path that every command goes."""

import dataclasses

import numpy as np
from absl import logging

from ddsp_tt.features import extraction, fitting, loudness_scales
from ddsp_tt.features.rates import DEFAULT_RATES
from ddsp_tt.playing import rendering

SAMPLE_RATE = extraction.SAMPLE_RATE


@dataclasses.dataclass(frozen=True)
class Adjustment:
    """How pitch and loudness are fitted to the target instrument, and shifted by hand.

    Attributes:
      auto_adjust: move pitch by whole octaves and loudness by its distribution to where the
        target's training data are.
      keep_octave: True does not move the pitch, None only as far as is needed, False as Magenta's
        demo, see `postprocessing.octaves_to`.
      threshold: of note detection, 0 (everything is a note) to 2.
      quiet: dB by which what is no note is turned down at most.
      autotune: how far pitch is drawn to a scale, 0 to 1.
      octave_shift: octaves to add.
      loudness_shift: dB to add.
      loudness_fit: "range" keeps the proportions of the recording's dynamics; "quantiles" is the
        fit of Magenta's demo, see `features.fitting.adjust`.
    """

    auto_adjust: bool = True
    keep_octave: bool | None = None
    threshold: float = 1.0
    quiet: float = 10.0
    autotune: float = 0.0
    octave_shift: int = 0
    loudness_shift: float = 0.0
    loudness_fit: str = "range"


def hear(trained, audio, name="the recording", **options):
    """What `play` needs of audio `[samples]`: features, as `measure`, or for some models itself.

    Args:
      trained: a `loading.TrainedModel`.
      audio: float32 `[samples]` at the model's sample rate.
      name: of the recording, for warnings.
      **options: further ones of `features.extract`.
    """
    if trained.model.preprocessor is not None:
        return measure(audio, name, **{**trained.analysis, **options})
    logging.info("%s: it is heard as it is, so pitch and loudness are not fitted", trained.name)
    return {"audio": audio} if len(audio) else None


def measure(
    audio, name="the recording", convention=loudness_scales.DEFAULT, rates=DEFAULT_RATES, **options
):
    """Features of audio `[samples]`, with the audio itself; None where none sound.

    A recording without pitch is no error: what comes out of it is silence, and one warning says so.

    Args:
      audio: float32 `[samples]`.
      name: of the recording, for the warning.
      convention: of the model's loudness; `TrainedModel.analysis` has it and what follows.
      rates: of the audio and the features.
      **options: of `features.extract`.
    """
    measured = extraction.measure(audio, rates, convention=convention, **options)
    mask_on, _ = fitting.detect_notes(
        measured["loudness_db"],
        measured["f0_confidence"],
        smoothing=fitting.smoothing_of(rates.frame_rate),
        min_db=-loudness_scales.get(convention).range_db,
    )
    if np.max(np.abs(audio), initial=0.0) < _SILENCE:
        logging.warning("%s is silent, so the output is silence", name)
    elif not np.any(mask_on):
        logging.warning("%s: no pitch was found in it, so the output is silence", name)
    else:
        return measured
    return None


_SILENCE = 1e-4  # peak amplitude


def adjust(trained, measured, adjustment):
    """Features fitted to a trained instrument as an `Adjustment` says, see `postprocessing`."""
    adjusted, _ = fitting.adjust(
        measured,
        trained.statistics,
        min_db=-loudness_scales.get(trained.convention).range_db,
        smoothing=fitting.smoothing_of(trained.model.rates.frame_rate),
        **dataclasses.asdict(adjustment),
    )
    return adjusted


def play(trained, measured, n_samples, adjustment=None, seed=0):
    """Plays measured features on a trained instrument.

    Args:
      trained: a `loading.TrainedModel`.
      measured: what `hear` or `measure` returned; None makes silence.
      n_samples: length of the result.
      adjustment: an `Adjustment`; None for the default one.
      seed: of the noise; the same seed gives the same sound.

    Yields:
      float32 blocks, `n_samples` samples together.
    """
    if measured is None:
        yield np.zeros(n_samples, "float32")
        return
    adjusted = measured
    if trained.model.preprocessor is not None:
        adjusted = adjust(trained, measured, adjustment or Adjustment())
    left = n_samples
    for block in rendering.render(trained.model, adjusted, seed):
        yield block[:left]
        left -= len(block[:left])


def render(trained, measured, n_samples, adjustment=None, seed=0):
    """All that `play` yields as one array, float32 `[n_samples]`."""
    return np.concatenate(list(play(trained, measured, n_samples, adjustment, seed)))
