"""How much of the result is heard, overall and by frequency."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from audio_tt.errors import UserError


def parse_bands(text: str) -> tuple[tuple[float, float], ...]:
    """Reads "200:0,2000:1" as ((200.0, 0.0), (2000.0, 1.0)).

    Raises:
      UserError: it cannot be read, a frequency is not above the one before, or a strength is not
        from 0 to 1.
    """
    bands = []
    for word in filter(None, (text or "").split(",")):
        try:
            frequency, strength = map(float, word.split(":"))
        except ValueError:
            raise UserError(f"bands are HZ:STRENGTH, as 200:0,2000:1, not {word!r}") from None
        if not 0.0 <= strength <= 1.0 or not frequency > (bands[-1][0] if bands else -1.0):
            raise UserError(f"{word}: frequencies must rise, and strengths be from 0 to 1")
        bands.append((frequency, strength))
    return tuple(bands)


def strengths(
    strength: float, bands: Sequence[tuple[float, float]] | None, representation: Any
) -> np.ndarray:
    """Strength at every bin.

    Args:
      strength: overall, 0 to 1.
      bands: (Hz, strength) pairs with rising frequencies; between them it goes evenly from one
        strength to the next, below the first and above the last it stays. None leave it as it is.
      representation: `LogSpectrogram` or `Waveform`.

    Returns:
      float32 `[bins]`.

    Raises:
      UserError: a strength is outside 0 to 1, or there are no frequencies to tell apart.
    """
    if not 0.0 <= strength <= 1.0:
        raise UserError(f"a strength of {strength:g} makes no sense; use 0 to 1")
    if not bands:
        return np.full(representation.n_bins, strength, np.float32)
    if representation.frequencies is None:
        raise UserError("a waveform cannot be mixed by bands; leave out --bands")
    at = np.interp(representation.frequencies, *zip(*bands, strict=True))
    return (strength * at).astype(np.float32)
