"""Spectra as DDSP defines them: periodic Hann, frames from sample 0, unscaled magnitudes."""

import functools

import numpy as np
from keras import ops

from audio_tt.dsp import stft
from audio_tt.tensors import Tensor
from ddsp_tt.synthesis.core import safe_log
from ddsp_tt.synthesis.core.functions import register

_register = register("ddsp_tt.spectral_ops")


@_register
def compute_mag(
    audio: Tensor, size: int = 2048, overlap: float = 0.75, pad_end: bool = True
) -> Tensor:
    """Magnitude spectrogram `[batch, frames, size // 2 + 1]` of audio `[batch, samples]`."""
    hop_length = int(size * (1.0 - overlap))
    return stft.magnitude(audio, size, hop_length, center=False, pad_end=pad_end)


@_register
def compute_logmag(
    audio: Tensor, size: int = 2048, overlap: float = 0.75, pad_end: bool = True
) -> Tensor:
    """Natural logarithm of `compute_mag`; exact zeros count as 1e-5."""
    return safe_log(compute_mag(audio, size, overlap, pad_end))


@_register
def compute_mel(
    audio: Tensor,
    lo_hz: float = 0.0,
    hi_hz: float = 8000.0,
    bins: int = 64,
    fft_size: int = 2048,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> Tensor:
    """Mel spectrogram `[batch, frames, bins]` of magnitudes (HTK mel, triangles of height 1)."""
    magnitudes = compute_mag(audio, fft_size, overlap, pad_end)
    return ops.matmul(magnitudes, mel_matrix(fft_size, sample_rate, bins, lo_hz, hi_hz))


@_register
def compute_logmel(
    audio: Tensor,
    lo_hz: float = 80.0,
    hi_hz: float = 7600.0,
    bins: int = 64,
    fft_size: int = 2048,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> Tensor:
    """Natural logarithm of `compute_mel`."""
    mel = compute_mel(audio, lo_hz, hi_hz, bins, fft_size, overlap, pad_end, sample_rate)
    return safe_log(mel)


@_register
def compute_mfcc(
    audio: Tensor,
    lo_hz: float = 20.0,
    hi_hz: float = 8000.0,
    fft_size: int = 1024,
    mel_bins: int = 128,
    mfcc_bins: int = 13,
    overlap: float = 0.75,
    pad_end: bool = True,
    sample_rate: int = 16000,
) -> Tensor:
    """Mel cepstrum `[batch, frames, mfcc_bins]`: DCT-II of the log mel spectrum / sqrt(2 bins)."""
    logmel = compute_logmel(audio, lo_hz, hi_hz, mel_bins, fft_size, overlap, pad_end, sample_rate)
    n = np.arange(mel_bins)
    dct = 2.0 * np.cos(np.pi / mel_bins * np.outer(n + 0.5, np.arange(mfcc_bins)))
    return ops.matmul(logmel, (dct / np.sqrt(2.0 * mel_bins)).astype("float32"))


@functools.lru_cache(maxsize=16)
def mel_matrix(
    fft_size: int, sample_rate: int, bins: int, lo_hz: float, hi_hz: float
) -> np.ndarray:
    """Weights `[fft_size // 2 + 1, bins]` of HTK mel triangles of height 1, without the DC bin."""

    def to_mel(hz):
        return 1127.0 * np.log1p(np.asarray(hz) / 700.0)

    spectrum = to_mel(np.linspace(0.0, sample_rate / 2.0, fft_size // 2 + 1))[:, None]
    edges = np.linspace(to_mel(lo_hz), to_mel(hi_hz), bins + 2)
    rising = (spectrum - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - spectrum) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0.0, np.minimum(rising, falling))
    weights[0] = 0.0
    return weights.astype("float32")
