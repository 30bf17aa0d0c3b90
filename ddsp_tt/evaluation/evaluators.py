"""What is measured of a stretch of audio that a model played; gin names which of them run."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np

from audio_tt.files import io
from audio_tt.metrics import audio_metrics
from audio_tt.models.compilation import compiled
from audio_tt.plots import charts
from ddsp_tt import losses
from ddsp_tt.features.rates import MEASURING_RATE

_register = gin.register(module="ddsp.training.evaluators")


@_register
class BasicEvaluator:
    """The spectral loss: six sizes, the linear and the logarithmic part, and their sum."""

    needs_pitch = False

    def evaluate(self, window: Any) -> dict[str, float]:
        """Figures of an `evaluation.Window`: `spectral_loss` and its two parts."""
        target, audio = window.target[None], window.audio[None]
        both = _spectral_losses(window.rates.sample_rate)
        parts = [float(loss(target, audio)) for loss in both]
        return {
            "spectral_loss": sum(parts),
            "spectral_loss_mag": parts[0],
            "spectral_loss_logmag": parts[1],
        }

    def sample(self, window: Any, stem: str | Path) -> list[Path]:
        """Writes the recording and what was played, and both spectrograms; returns the paths."""
        written = []
        for kind, audio in (("original", window.target), ("generated", window.audio)):
            paths = [stem.with_name(f"{stem.name}_{kind}{suffix}") for suffix in (".wav", ".png")]
            io.write(paths[0], audio, window.rates.sample_rate)
            charts.spectrogram(audio, window.rates.sample_rate, paths[1], title=paths[1].stem)
            written += paths
        return written


@_register
class F0LdEvaluator:
    """Loudness and pitch as DDSP measures them, both of the audio that was played.

    The original compares the decoder's f0 with its own input where there is one, which says
    nothing. Here CREPE always listens to what was played.

    Args:
      run_f0_crepe: measure pitch; without, loudness alone, which is much faster.
    """

    def __init__(self, run_f0_crepe: bool = True):
        self.needs_pitch = run_f0_crepe

    def evaluate(self, window: Any) -> dict[str, float]:
        """Figures of an `evaluation.Window`.

        Returns:
          dict: `loudness_l1_db`; `f0_l1_semitones`, NaN for an outlier (more than 12 semitones);
          `f0_outliers`, 1 or 0, NaN where the target has no confident frame; and mir_eval's
          `raw_pitch_accuracy` (50 cents).
        """
        scores = {
            "loudness_l1_db": audio_metrics.loudness_l1(window.loudness_target, window.loudness)
        }
        if self.needs_pitch:
            scores |= pitch_scores(window.f0_target, window.confidence, window.f0)
        return scores

    def sample(self, window: Any, stem: str | Path) -> list[Path]:
        """Draws the curves of pitch (where it is measured) and loudness; returns the path."""
        path = stem.with_name(f"{stem.name}_curves.png")
        draw_curves(window, path, ("recording", "played"))
        return [path]


def draw_curves(window: Any, path: str | Path, names: Sequence[str]) -> None:
    """Draws both curves of loudness and, where they were measured, of pitch.

    Args:
      window: an `evaluation.Window`.
      path: PNG file to write.
      names: of the target and of what was played.
    """
    time = np.arange(len(window.loudness)) / window.rates.frame_rate
    f0s = {}
    if window.f0 is not None:
        at = np.minimum((time * window.tracked_rate).astype(int), len(window.f0) - 1)
        f0s = {names[0]: window.f0_target[at], names[1]: window.f0[at]}
    loudness = {names[0]: window.loudness_target, names[1]: window.loudness}
    charts.curves(path, time, f0s, loudness)


def pitch_scores(
    f0_target: np.ndarray, confidence: np.ndarray, f0_hz: np.ndarray
) -> dict[str, float]:
    """The three figures of pitch of `F0LdEvaluator`, from curves `[frames]`."""
    distance = audio_metrics.f0_l1(f0_target, confidence, f0_hz)
    voiced = np.where(confidence >= audio_metrics.CONFIDENT, f0_target, 0.0)
    return {
        "f0_l1_semitones": np.nan if distance.is_outlier else distance.semitones,
        "f0_outliers": float(distance.is_outlier) if distance.is_tracked else np.nan,
        "raw_pitch_accuracy": audio_metrics.raw_pitch_accuracy(voiced, f0_hz),
    }


@functools.cache
def _spectral_losses(sample_rate):
    """The linear and the logarithmic part, of windows that last as long at every rate.

    Magnitudes grow with a window's samples, so losses of different rates cannot be compared.
    """
    sizes = [round(n * sample_rate / MEASURING_RATE) for n in (2048, 1024, 512, 256, 128, 64)]
    return [
        compiled(losses.SpectralLoss(fft_sizes=sizes, mag_weight=mag, logmag_weight=1.0 - mag))
        for mag in (1.0, 0.0)
    ]
