"""Windows of Fourier transforms, in numpy alone."""

import numpy as np

NAMES = ("hann", "hann_symmetric")


def window_values(
    window: str | np.ndarray, n_fft: int, win_length: int | None = None
) -> np.ndarray:
    """The window of a frame.

    Args:
        window: "hann" (periodic), "hann_symmetric", or an array of at most `n_fft` values; one
            shorter than `n_fft` stands in the middle of the frame.
        n_fft: samples in a frame.
        win_length: samples of a named window, `n_fft` by default.

    Returns:
        float64 [n_fft].

    Raises:
        ValueError: the window's name is not known, or it is longer than the frame.
    """
    if isinstance(window, str):
        window = _hann(window, n_fft if win_length is None else win_length)
    window = np.asarray(window, np.float64)
    before = (n_fft - len(window)) // 2
    if before < 0:
        raise ValueError(f"a window of {len(window)} samples is longer than n_fft = {n_fft}")
    return np.pad(window, (before, n_fft - len(window) - before))


def _hann(name, length):
    if name not in NAMES:
        raise ValueError(f"unknown window {name!r}: use 'hann', 'hann_symmetric' or an array")
    period = length if name == "hann" else length - 1
    return 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(length) / max(period, 1))
