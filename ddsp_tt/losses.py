"""The multi-scale spectral loss (DDSP, section 4.2.1), and others."""

import math
from collections.abc import Sequence

import gin
import keras
from keras import ops

from audio_tt.dsp.loudness import compute_loudness, compute_power
from audio_tt.tensors import Tensor
from ddsp_tt.features import spectral_ops
from ddsp_tt.features.rates import MEASURING_RATE
from ddsp_tt.synthesis.core import hz_to_midi, safe_divide, safe_log
from ddsp_tt.synthesis.saving import Saved

_register = gin.register(module="ddsp_tt.losses")


def mean_difference(target: Tensor, value: Tensor, loss_type: str = "L1") -> Tensor:
    """Mean absolute ("L1") or squared ("L2") difference, or 1 - cosine similarity ("COSINE").

    Raises:
      ValueError: any other `loss_type`.
    """
    kind = loss_type.upper()
    if kind == "L1":
        return ops.mean(ops.abs(target - value))
    if kind == "L2":
        return ops.mean(ops.square(target - value))
    if kind == "COSINE":
        along = -1
        norms = ops.norm(target, axis=along) * ops.norm(value, axis=along)
        return ops.mean(1.0 - ops.sum(target * value, axis=along) / ops.maximum(norms, 1e-12))
    raise ValueError(f"loss type must be 'L1', 'L2' or 'COSINE', not {loss_type!r}")


@_register
class SpectralLoss(Saved, keras.losses.Loss):
    """Difference of magnitude spectrograms at several sizes, linear and logarithmic, summed.

    Args:
      fft_sizes: window sizes in samples; the hop is a quarter of each.
      loss_type: "L1", "L2" or "COSINE".
      mag_weight: weight of linear magnitudes.
      delta_time_weight: weight of their differences along time.
      delta_freq_weight: weight of their differences along frequency.
      cumsum_freq_weight: weight of their running sums along frequency.
      logmag_weight: weight of logarithmic magnitudes.
      loudness_weight: weight of A-weighted loudness (dB, n_fft 2048).
      logmel_weight: weight of the log mel spectrum (64 bins, 80 to 7600 Hz, n_fft 2048).
      sample_rate: Hz; of consequence for loudness and log mel alone, whose windows last as long as
        at 16 kHz.
      name: under which the loss is logged.
    """

    def __init__(
        self,
        fft_sizes: Sequence[int] = (2048, 1024, 512, 256, 128, 64),
        loss_type: str = "L1",
        mag_weight: float = 1.0,
        delta_time_weight: float = 0.0,
        delta_freq_weight: float = 0.0,
        cumsum_freq_weight: float = 0.0,
        logmag_weight: float = 0.0,
        loudness_weight: float = 0.0,
        logmel_weight: float = 0.0,
        sample_rate: int = 16000,
        name: str = "spectral_loss",
    ):
        super().__init__(name=name)
        self.sample_rate = sample_rate
        self.fft_sizes = tuple(fft_sizes)
        self.loss_type = loss_type
        self.logmag_weight = logmag_weight
        self.loudness_weight = loudness_weight
        self.logmel_weight = logmel_weight
        self._views = [
            (weight, view)
            for weight, view in (
                (mag_weight, lambda m: m),
                (delta_time_weight, lambda m: m[:, 1:] - m[:, :-1]),
                (delta_freq_weight, lambda m: m[..., 1:] - m[..., :-1]),
                (cumsum_freq_weight, lambda m: ops.cumsum(m, axis=-1)),
                (logmag_weight, safe_log),
            )
            if weight > 0
        ]

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of audio `[batch, samples]` against audio of the same shape: a scalar."""

        def difference(a, b):
            return mean_difference(a, b, self.loss_type)

        loss = 0.0
        for size in self.fft_sizes:
            target = spectral_ops.compute_mag(y_true, size)
            value = spectral_ops.compute_mag(y_pred, size)
            for weight, view in self._views:
                loss = loss + weight * difference(view(target), view(value))
        if self.loudness_weight > 0:
            rate = {"sample_rate": self.sample_rate, "n_fft": self._window(2048)}
            loudness = [compute_loudness(x, **rate) for x in (y_true, y_pred)]
            loss = loss + self.loudness_weight * difference(*loudness)
        if self.logmel_weight > 0:
            rate = {"sample_rate": self.sample_rate, "fft_size": self._window(2048)}
            logmel = [spectral_ops.compute_logmel(x, **rate) for x in (y_true, y_pred)]
            loss = loss + self.logmel_weight * difference(*logmel)
        return loss

    def _window(self, samples):
        """Samples that last as long as so many at 16 kHz."""
        return round(samples * self.sample_rate / MEASURING_RATE)


@_register
class SilenceLoss(Saved, keras.losses.Loss):
    """How far the output is quieter than the target; louder costs nothing.

    Spectral losses ask little of a model that plays nothing: where pitch is wrong anyway, silence
    is nearer to the target than a loud wrong note. This one takes that way out away.

    Args:
      weight: of the mean shortfall of power, per dB.
      sample_rate: Hz; the power's windows last as long as 512 samples at 16 kHz.
      name: under which the loss is logged.
    """

    def __init__(self, weight: float = 0.1, sample_rate: int = 16000, name: str = "silence_loss"):
        super().__init__(name=name)
        self.weight = weight
        self.sample_rate = sample_rate

    def call(self, y_true: Tensor, y_pred: Tensor) -> Tensor:
        """Loss of audio `[batch, samples]` against audio of the same shape: a scalar."""
        size = round(512 * self.sample_rate / MEASURING_RATE)
        rate = {"sample_rate": self.sample_rate, "frame_size": size}
        power = [compute_power(x, **rate) for x in (y_true, y_pred)]
        return self.weight * ops.mean(ops.relu(power[0] - power[1]))


@_register
class KDEConsistencyLoss(Saved):
    """How unlikely each of two sets of sinusoids is where the other one is.

    Each set is a density over MIDI numbers: a Gaussian about every sinusoid, as high as that is
    loud (Engel et al. 2020, "Self-supervised Pitch Detection by Inverse Audio Synthesis").

    Args:
      weight_a: of the first set's negative log-likelihood under the second.
      weight_b: of the second's under the first.
      weight_mean_amp: of the difference of their mean amplitudes.
      scale_a: semitones, standard deviation of the first set's Gaussians.
      scale_b: of the second's.
      name: under which the loss is logged.
    """

    def __init__(
        self,
        weight_a: float = 1.0,
        weight_b: float = 1.0,
        weight_mean_amp: float = 1.0,
        scale_a: float = 0.1,
        scale_b: float = 0.1,
        name: str = "kde_consistency_loss",
    ):
        self.name = name
        self.weights = (weight_a, weight_b, weight_mean_amp)
        self.scales = (scale_a, scale_b)

    def __call__(self, amps_a: Tensor, freqs_a: Tensor, amps_b: Tensor, freqs_b: Tensor) -> Tensor:
        """A scalar, of amplitudes and frequencies (Hz) `[batch, frames, sinusoids]`."""
        a, b = (amps_a, hz_to_midi(freqs_a)), (amps_b, hz_to_midi(freqs_b))
        loudness = [ops.mean(amps, axis=-1) for amps in (amps_a, amps_b)]
        terms = (
            _unlikeliness(a, b, self.scales[1]),
            _unlikeliness(b, a, self.scales[0]),
            ops.mean(ops.abs(loudness[0] - loudness[1])),
        )
        return sum(weight * term for weight, term in zip(self.weights, terms, strict=True))


def _unlikeliness(source, target, scale):
    """Mean over all sinusoids of their share of amplitude times -ln p(source | target)."""
    (amps, midi), (amps_target, midi_target) = source, target
    amps_target = ops.where(amps_target == 0.0, 1e-7, amps_target)
    distance = (midi[..., None] - midi_target[..., None, :]) / scale
    log_density = ops.log(_share(amps_target))[..., None, :] - 0.5 * ops.square(distance)
    log_density = ops.logsumexp(log_density, axis=-1) - math.log(scale * math.sqrt(2.0 * math.pi))
    return -ops.mean(log_density * _share(amps))


def _share(amps):
    return safe_divide(amps, ops.sum(amps, axis=-1, keepdims=True))
