"""How far the sound of an estimate is from a target's: spectra, cepstra and their statistics.

Conventions as in `audio_tt.metrics`. Spectra are magnitudes of frames that start at sample 0 and
move by a quarter of the frame, under a periodic Hann window; the end is padded with zeros so that
every sample is in a frame.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from audio_tt.dsp.units import amplitude_to_db, db_to_amplitude

FFT_SIZES = (2048, 1024, 512, 256, 128, 64)

_LSD_FFT_SIZE = 2048
_LSD_RANGE_DB = 80.0
_MFCC_COUNT = 20
_FRAME_LENGTH, _HOP_LENGTH = 2048, 512
_SILENCE_DB = 60.0
_FRAMES_PER_BLOCK = 1024


def validate(target: np.ndarray, estimate: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as float64 arrays of the shorter one's length.

    Raises:
      ValueError: One of them is not 1-D, empty, or holds NaN or infinity.
    """
    arrays = []
    for name, array in (("target", target), ("estimate", estimate)):
        array = np.asarray(array, np.float64)
        if array.ndim != 1 or array.size == 0:
            raise ValueError(
                f"the {name} must be 1-D and not empty, but its shape is {array.shape}"
            )
        if not np.isfinite(array).all():
            raise ValueError(f"the {name} holds values that are not finite")
        arrays.append(array)
    length = min(len(array) for array in arrays)
    return arrays[0][:length], arrays[1][:length]


def log_spectral_distance(target: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the log-spectral distance of two audio signals in dB.

    The root mean square over the bins of a frame of the difference of the levels in dB, averaged
    over frames of 2048 samples. Levels count from 80 dB below the highest bin of either signal
    upwards, so numerical silence does not. 0 when both are silent.

    Example:
      >>> noise = np.random.default_rng(0).standard_normal(16000)
      >>> round(log_spectral_distance(noise, 2.0 * noise), 2)
      6.02
    """
    target, estimate = validate(target, estimate)
    peak = max(
        block.max() for audio in (target, estimate) for block in _spectra(audio, _LSD_FFT_SIZE)
    )
    if peak == 0.0:
        return 0.0
    floor = peak * db_to_amplitude(-_LSD_RANGE_DB)
    blocks = zip(_spectra(target, _LSD_FFT_SIZE), _spectra(estimate, _LSD_FFT_SIZE), strict=True)
    distances = [
        np.sqrt(np.mean(amplitude_to_db(np.maximum(a, floor) / np.maximum(b, floor)) ** 2, axis=1))
        for a, b in blocks
    ]
    return float(np.concatenate(distances).mean())


def multiscale_spectral_distance(
    target: np.ndarray, estimate: np.ndarray, fft_sizes: Sequence[int] = FFT_SIZES
) -> float:
    """Returns DDSP's spectral loss (Engel et al. 2020, equation 4, alpha 1), computed in float64.

    The sum over frame sizes of the mean absolute difference of the magnitudes and of their natural
    logarithms; each is a mean over frames and bins. An exact zero has the logarithm of 1e-5.
    Magenta's notebook calls 4.5 to 5 a well trained model at 16 kHz.
    """
    target, estimate = validate(target, estimate)
    total = 0.0
    for size in fft_sizes:
        count = 0
        distance = 0.0
        for a, b in zip(_spectra(target, size), _spectra(estimate, size), strict=True):
            distance += np.abs(a - b).sum() + np.abs(_safe_log(a) - _safe_log(b)).sum()
            count += a.size
        total += distance / count
    return float(total)


def mfcc_distance(target: np.ndarray, estimate: np.ndarray, sample_rate: int) -> float:
    """Returns the mean Euclidean distance of the MFCCs of aligned frames.

    librosa's MFCCs 1 to 19 (without 0, the level) of frames of 2048 samples, every 512. Comparable
    only at the same sample rate.
    """
    target, estimate = validate(target, estimate)
    difference = _mfcc(target, sample_rate) - _mfcc(estimate, sample_rate)
    return float(np.linalg.norm(difference, axis=1).mean())


def mfcc_frechet(
    target: np.ndarray | Sequence[np.ndarray],
    estimate: np.ndarray | Sequence[np.ndarray],
    sample_rate: int,
) -> float:
    """Returns the Frechet distance of the MFCC statistics of two sets of recordings.

    Mean and covariance of the MFCCs (as in `mfcc_distance`) of the parts that are less than 60 dB
    below the loudest of each recording; Gaussians are assumed (Dowson and Landau 1982). The
    recordings need not be aligned or of one length. It measures timbre alone, not content, and is
    not the Frechet audio distance (FAD), whose features come from a trained network.

    Args:
      target: One recording `[samples]` or several.
      estimate: One recording or several.
      sample_rate: Of all of them, in Hz.

    Returns:
      0 for equal statistics, unbounded above; NaN when one set is silent throughout.
    """
    sets = [[x] if isinstance(x, np.ndarray) else x for x in (target, estimate)]
    frames = [
        np.concatenate([sounding_mfcc(audio, sample_rate) for audio in recordings])
        for recordings in sets
    ]
    return frechet_distance(*frames)


def sounding_mfcc(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Returns the MFCCs of `mfcc_distance` of the frames that sound, `[frames, 19]`.

    Those are the frames less than 60 dB below the loudest.
    """
    from audio_tt.dsp.locked_librosa import librosa

    audio, _ = validate(audio, audio)
    rms = librosa.feature.rms(y=audio, frame_length=_FRAME_LENGTH, hop_length=_HOP_LENGTH)[0]
    return _mfcc(audio, sample_rate)[rms > rms.max() * db_to_amplitude(-_SILENCE_DB)]


def frechet_distance(target: np.ndarray, estimate: np.ndarray) -> float:
    """Returns the Frechet distance of two sets of vectors, taken as Gaussians.

    |mean difference|^2 + trace(A + B - 2 (A B)^(1/2)), A and B being the covariances (Dowson and
    Landau 1982). Of a network's embeddings it is the Frechet audio distance (Kilgour et al. 2019).
    Few vectors make it larger: compare only distances of sets of about one size, and see
    `half_to_half`.

    Args:
      target: `[vectors, dimensions]`.
      estimate: `[vectors, dimensions]`.

    Returns:
      0 for equal statistics, unbounded above; NaN when one set is empty.
    """
    if not len(target) or not len(estimate):
        return float("nan")
    (mean_a, covariance_a), (mean_b, covariance_b) = (
        (np.mean(x, axis=0), np.atleast_2d(np.cov(x, rowvar=False, bias=True, dtype=np.float64)))
        for x in (target, estimate)
    )
    root = _symmetric_root(covariance_a)
    cross = _symmetric_root(root @ covariance_b @ root)
    distance = np.sum((mean_a - mean_b) ** 2)
    distance += np.trace(covariance_a) + np.trace(covariance_b) - 2.0 * np.trace(cross)
    return float(max(distance, 0.0))


def half_to_half(recordings: Sequence[np.ndarray], splits: int = 20, seed: int = 0) -> float:
    """Returns the mean Frechet distance between two random halves of a set of recordings.

    What is as close to the recordings as they are to each other can hardly be told from them.

    Args:
      recordings: The vectors of each, `[vectors, dimensions]`, see `frechet_distance`.
      splits: How many random splits.
      seed: Of the splits.

    Returns:
      0 or more; NaN with fewer than two recordings that hold vectors.
    """
    recordings = [vectors for vectors in recordings if len(vectors)]
    if len(recordings) < 2:
        return float("nan")
    rng = np.random.default_rng(seed)
    distances = []
    for _ in range(splits):
        order = np.split(rng.permutation(len(recordings)), [len(recordings) // 2])
        halves = [np.concatenate([recordings[i] for i in half]) for half in order]
        distances.append(frechet_distance(*halves))
    return float(np.mean(distances))


def _spectra(audio: np.ndarray, fft_size: int) -> Iterator[np.ndarray]:
    """Yields magnitudes `[frames, bins]` in blocks, so that long audio fits into memory."""
    hop = fft_size // 4
    frames = -(-len(audio) // hop)
    padded = np.pad(audio, (0, (frames - 1) * hop + fft_size - len(audio)))
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(fft_size) / fft_size)
    view = np.lib.stride_tricks.sliding_window_view(padded, fft_size)[::hop]
    for start in range(0, frames, _FRAMES_PER_BLOCK):
        yield np.abs(np.fft.rfft(view[start : start + _FRAMES_PER_BLOCK] * window))


def _safe_log(magnitude: np.ndarray) -> np.ndarray:
    return np.log(np.where(magnitude > 0.0, magnitude, 1e-5))


def _mfcc(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    from audio_tt.dsp.locked_librosa import librosa

    coefficients = librosa.feature.mfcc(
        y=audio, sr=sample_rate, n_mfcc=_MFCC_COUNT, n_fft=_FRAME_LENGTH, hop_length=_HOP_LENGTH
    )
    return coefficients[1:].T


def _symmetric_root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
