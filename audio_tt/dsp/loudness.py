"""Perceptual loudness and signal power as DDSP defines them.

Loudness is relative to unscaled FFT power, so that loud signals lie above 0 dB; power is relative
to full scale. Of audio they are measured in `keras.ops`, and of frames that are cut already in
numpy, which loads no framework: `loudness_of_frames` and its like. Both use the same formulas,
which take the namespace (`xp`).
"""

import functools

import numpy as np

from audio_tt.dsp.units import amplitude_to_db, db_to_power, power_to_db
from audio_tt.dsp.windows import window_values
from audio_tt.tensors import Tensor

DB_RANGE = 80.0
MEAN_LOG_RANGE = 120.0


def compute_loudness(
    audio: Tensor,
    sample_rate: int = 16000,
    frame_rate: float = 250,
    n_fft: int = 512,
    range_db: float = DB_RANGE,
    ref_db: float = 0.0,
    padding: str = "center",
) -> Tensor:
    """A-weighted loudness (Magenta DDSP 3.7.0, `spectral_ops.compute_loudness`).

    10 log10 of the mean over the bins of |STFT|^2 times the A-weighting, with a Hann window.

    Args:
        audio: [samples] or [batch, samples], full scale 1.
        sample_rate: Hz.
        frame_rate: frames a second; must divide `sample_rate`.
        n_fft: samples in a frame.
        range_db: the lowest value is -range_db.
        ref_db: subtracted from the level, dB.
        padding: "center", "same" or "valid", see `pad`.

    Returns:
        Loudness in dB, [..., frames].
    """
    from keras import ops

    power = _stft_power(audio, sample_rate, frame_rate, n_fft, padding)
    return _log_of_mean(power, sample_rate, ops, range_db, ref_db)


def compute_mean_log_loudness(
    audio: Tensor,
    sample_rate: int = 16000,
    frame_rate: float = 250,
    n_fft: int = 2048,
    padding: str = "same",
) -> Tensor:
    """A-weighted loudness as DDSP before version 2 defined it: the mean of the bins' decibels.

    20 log10 of each bin's magnitude, plus the A-weighting, minus 20.7 dB, not below -120 dB; then
    the mean over the bins (Magenta DDSP 1.6.1, `spectral_ops.compute_loudness`). The checkpoints
    published for timbre transfer learned from this one.

    Args:
        audio: [samples] or [batch, samples], full scale 1.
        sample_rate: Hz.
        frame_rate: frames a second; must divide `sample_rate`.
        n_fft: samples in a frame.
        padding: "center", "same" or "valid", see `pad`.

    Returns:
        Loudness in dB, -120 or more, [..., frames].
    """
    from keras import ops

    return _mean_of_logs(
        _stft_power(audio, sample_rate, frame_rate, n_fft, padding), sample_rate, ops
    )


def compute_power(
    audio: Tensor,
    sample_rate: int = 16000,
    frame_rate: float = 250,
    frame_size: int = 512,
    range_db: float = DB_RANGE,
    ref_db: float = 0.0,
    padding: str = "center",
) -> Tensor:
    """Power of frames in dB; 0 dB is a root mean square of 1.

    Args:
        audio: [samples] or [batch, samples], full scale 1.
        sample_rate: Hz.
        frame_rate: frames a second; must divide `sample_rate`.
        frame_size: samples in a frame.
        range_db: the lowest value is -range_db.
        ref_db: subtracted from the level, dB.
        padding: "center", "same" or "valid", see `pad`.

    Returns:
        Power in dB, [..., frames].
    """
    from keras import ops

    power = _mean_square(audio, sample_rate, frame_rate, frame_size, padding)
    return _level_db(power, ops, range_db, ref_db)


def loudness_of_frames(frames: np.ndarray, sample_rate: int = 16000) -> np.ndarray:
    """`compute_loudness` of frames `[frames, n_fft]` in numpy: dB `[frames]`."""
    return _log_of_mean(_frames_power(frames), sample_rate, np, DB_RANGE)


def mean_log_loudness_of_frames(frames: np.ndarray, sample_rate: int = 16000) -> np.ndarray:
    """`compute_mean_log_loudness` of frames `[frames, n_fft]` in numpy: dB `[frames]`."""
    return _mean_of_logs(_frames_power(frames), sample_rate, np)


def power_of_frames(frames: np.ndarray) -> np.ndarray:
    """`compute_power` of frames `[frames, samples]` in numpy: dB `[frames]`."""
    return power_to_db(np.mean(frames * frames, axis=-1), -DB_RANGE)


def _log_of_mean(power, sample_rate, xp, range_db, ref_db=0.0):
    weighting = _mean_weighting(2 * (power.shape[-1] - 1), sample_rate)
    return _level_db(xp.sum(power * weighting, axis=-1), xp, range_db, ref_db)


def _mean_of_logs(power, sample_rate, xp):
    weighting = a_weighting_db(2 * (power.shape[-1] - 1), sample_rate) - 20.7
    level = power_to_db(power, -300.0, xp) + weighting.astype(np.float32)
    return xp.mean(xp.maximum(level, -MEAN_LOG_RANGE), axis=-1)


def _level_db(power, xp, range_db, ref_db):
    return power_to_db(power / 10.0 ** (ref_db / 10.0), -range_db, xp)


def _frames_power(frames):
    spectrum = np.fft.rfft(frames * window_values("hann", frames.shape[-1]).astype(np.float32))
    return (spectrum.real**2 + spectrum.imag**2).astype(np.float32)


def _stft_power(audio, sample_rate, frame_rate, n_fft, padding):
    from audio_tt.dsp.stft import stft

    hop_length = hop_of(sample_rate, frame_rate)
    audio = pad(audio, n_fft, hop_length, padding)
    real, imag = stft(audio, n_fft, hop_length, center=False)
    return real * real + imag * imag


@functools.cache
def a_weighting_db(n_fft: int, sample_rate: int) -> np.ndarray:
    """A-weighting at the bins of an FFT (IEC 61672), not below -80 dB, which also stands at 0 Hz.

    Args:
        n_fft: FFT size.
        sample_rate: Hz.

    Returns:
        float64 [n_fft // 2 + 1], dB.
    """
    squared = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)[1:] ** 2
    pole_1, pole_2, pole_3, pole_4 = np.square([20.598997, 107.65265, 737.86223, 12194.217])
    gain = pole_4 * squared**2 / ((squared + pole_1) * (squared + pole_4))
    gain /= np.sqrt((squared + pole_2) * (squared + pole_3))
    weighting = np.concatenate([[-80.0], np.maximum(2.0 + amplitude_to_db(gain), -80.0)])
    weighting.setflags(write=False)
    return weighting


def pad(audio: Tensor, frame_size: int, hop_length: int, padding: str) -> Tensor:
    """Adds the zeros that a padding mode asks for.

    Args:
        audio: [samples] or [batch, samples].
        frame_size: samples in a frame.
        hop_length: samples between the starts of two frames.
        padding: "center" (frame i is centred on sample i * hop_length: half a frame on both sides,
            1 + samples // hop_length frames), "same" (zeros at the end: ceil(samples / hop_length)
            frames) or "valid" (nothing: whole frames only).

    Returns:
        [samples + zeros] or [batch, samples + zeros].

    Raises:
        ValueError: the mode is not known.
    """
    from keras import ops

    audio = ops.convert_to_tensor(audio, "float32")
    samples = audio.shape[-1]
    if padding == "valid":
        return audio
    if padding == "center":
        ends = (frame_size // 2, frame_size // 2)
    elif padding == "same":
        frames = -(-samples // hop_length)
        ends = (0, max(0, (frames - 1) * hop_length + frame_size - samples))
    else:
        raise ValueError(f"unknown padding {padding!r}: use 'center', 'same' or 'valid'")
    return ops.pad(audio, [(0, 0)] * (audio.ndim - 1) + [ends])


def hop_of(sample_rate: int, frame_rate: float) -> int:
    """Samples between two frames.

    Raises:
        ValueError: that is not a whole number, so that frames would drift.
    """
    if sample_rate % frame_rate:
        raise ValueError(f"frame rate {frame_rate} does not divide sample rate {sample_rate}")
    return int(sample_rate // frame_rate)


def _mean_square(audio, sample_rate, frame_rate, frame_size, padding):
    from keras import ops

    from audio_tt.dsp.stft import frame

    hop_length = hop_of(sample_rate, frame_rate)
    frames = frame(pad(audio, frame_size, hop_length, padding), frame_size, hop_length)
    return ops.mean(frames * frames, axis=-1)


@functools.cache
def _mean_weighting(n_fft, sample_rate):
    gains = db_to_power(a_weighting_db(n_fft, sample_rate))
    return (gains / len(gains)).astype(np.float32)
