"""From blocks of float samples to a sound file, never clipped."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from absl import logging

from audio_tt.dsp import blocks
from audio_tt.dsp.units import amplitude_to_db
from audio_tt.files.decoding import zero_non_finite
from audio_tt.files.levels import PEAK


class Tally:
    """Peak, channels and bad samples of all that went by."""

    def __init__(self):
        self.peak, self.not_finite, self.channels = 0.0, 0, 0

    def watch(self, parts: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yields the parts as finite float32 [samples, channels], cut into small pieces."""
        for part in parts:
            part = np.asarray(part)
            if part.ndim not in (1, 2) or part.dtype.kind in "iub":
                raise ValueError(
                    "audio must be float [samples] or [samples, channels], "
                    f"not {part.dtype} {part.shape}"
                )
            part = part.astype(np.float32, copy=False)
            part = part[:, None] if part.ndim == 1 else part
            for piece in blocks.cut(part):
                piece, count = zero_non_finite(piece)
                self.not_finite += count
                self.peak = max(self.peak, float(np.abs(piece).max()))
                self.channels = piece.shape[1]
                yield piece


def turned_down(parts: Iterable[np.ndarray], peak: float, path: str | Path) -> Iterable[np.ndarray]:
    """Scales parts of a given peak to `PEAK`, with a warning, where they are above full scale."""
    if peak <= 1:
        return parts
    gain = PEAK / peak
    decibels = amplitude_to_db(peak / PEAK)
    logging.warning("%s: too loud for this format, turned down by %.1f dB.", path, decibels)
    return (part * np.float32(gain) for part in parts)


def encode(
    path: Path, parts: Iterable[np.ndarray], sample_rate: int, kind: str, subtype: str
) -> None:
    """Writes float32 [samples, channels] parts to a new file; without parts there is no file."""
    with contextlib.ExitStack() as stack:
        sound = None
        for part in parts:
            if sound is None:
                # libsndfile is handed bytes, as it takes no name that is not in UTF-8.
                file = stack.enter_context(open(path, "w+b"))
                channels, kind = part.shape[1], kind.upper()
                sound = soundfile.SoundFile(file, "w", sample_rate, channels, subtype, format=kind)
                stack.enter_context(sound)
            sound.write(_rounded(part, subtype))


def _rounded(part, subtype):
    """Integer samples, to the nearest step, such that k / 2^15 comes back as k / 2^15."""
    if not subtype.startswith("PCM"):
        return part
    bits = int(subtype[4:])
    full = 2.0 ** (bits - 1)
    steps = np.clip(np.rint(part.astype(np.float64) * full), -full, full - 1).astype(np.int64)
    return steps.astype(np.int16) if bits == 16 else (steps << (32 - bits)).astype(np.int32)
