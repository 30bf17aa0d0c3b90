"""Whether a recording holds more than one note at a time.

In each frame the strongest partials are looked up, and then the one note whose harmonics explain
most of them, as in the harmonic sums of Klapuri, "Multiple Fundamental Frequency Estimation by
Summing Harmonic Amplitudes", ISMIR 2006. What that note leaves over belongs to others.
"""

import numpy as np
from absl import logging

from audio_tt.dsp.units import db_to_amplitude

CHECKED_SECONDS = 60  # of a recording, for a warning
WAY_OUT = "take a system that plays chords: pix2pix or style"
POLYPHONIC = 0.6  # share of the steady frames above which a recording is called polyphonic

_RATE = 16000
_FRAME = 2048
_N_FFT = 4096
_HOP = _FRAME // 2
STRETCH_SECONDS = _HOP / _RATE
_BLOCK = 512  # frames worked on at once
_LOWEST_HZ, _HIGHEST_HZ = 28.0, 4000.0
_LOW_HZ = 60.0  # below it a note must have nearly all of its first partials
_FIRST_PARTIALS = 12
_QUIET = 1e-2  # of the loudest frame
_SILENT = 1e-4  # amplitude
_STEADY = 0.3  # of the louder of two frames
_FAINT = db_to_amplitude(-30)  # of the strongest partial
_STRONG = 0.1  # of the strongest partial: what a note is looked for at
_PARTIALS = 20
_DETUNED = 0.03  # of a partial's frequency: doubled reeds, stiff strings
_NEAR_HZ = 8.0
_UNEXPLAINED = 0.2  # share of a frame's amplitude


def polyphonic_share(audio: np.ndarray, sample_rate: int) -> float:
    """How much of a recording holds more than one pitch at a time.

    Partials count where they are found in two frames of 128 ms that follow each other, so that the
    notes of a melody are not taken for a chord. Two notes an octave or a twelfth apart pass for
    one; strings that ring on under the next note, choirs and plain noise pass for several.

    Args:
      audio: [samples], of any length.
      sample_rate: in Hz.

    Returns:
      The share of the steady frames, 0..1; 0 where there are none. A recording with more than
      `POLYPHONIC` is polyphonic.
    """
    shares = left_over_shares(audio, sample_rate)
    counted = shares[np.isfinite(shares)]
    return float(np.mean(counted > _UNEXPLAINED)) if len(counted) else 0.0


def left_over_shares(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """How much of the amplitude of each stretch of a recording its best single note leaves over.

    Args:
      audio: [samples], of any length.
      sample_rate: in Hz.

    Returns:
      [stretches], 0..1, one every `STRETCH_SECONDS`; stretch i is centred on
      `(i + 2) * STRETCH_SECONDS`. NaN where nothing steady sounds.
    """
    import soxr

    audio = np.nan_to_num(np.asarray(audio, np.float32), posinf=0.0, neginf=0.0)
    if sample_rate != _RATE and len(audio):
        audio = soxr.resample(audio, sample_rate, _RATE)
    frames = np.lib.stride_tricks.sliding_window_view(
        np.pad(audio, (0, max(0, 2 * _FRAME - len(audio)))), _FRAME
    )[::_HOP]
    found = [
        _examine(frames[start : start + _BLOCK + 2])
        for start in range(0, max(1, len(frames) - 2), _BLOCK)
    ]
    levels = np.concatenate([level for level, _ in found])
    shares = np.concatenate([share for _, share in found])
    return np.where(levels > max(_SILENT, _QUIET * levels.max()), shares, np.nan)


def opening_share(audio: np.ndarray, sample_rate: int) -> float:
    """The `polyphonic_share` of the first minute that sounds of a recording."""
    begins = int(np.argmax(np.abs(audio) > _SILENT)) if len(audio) else 0
    return polyphonic_share(audio[begins:][: CHECKED_SECONDS * sample_rate], sample_rate)


def warn_if_polyphonic(audio: np.ndarray, sample_rate: int, name: str) -> None:
    """Logs one warning if the first minute that sounds of a recording is polyphonic.

    Args:
      audio: [samples], of any length.
      sample_rate: in Hz.
      name: of the recording, for the warning.
    """
    warn_of(opening_share(audio, sample_rate), name)


def warn_of(share: float, name: str, way_out: str = WAY_OUT) -> None:
    """Logs the warning of `warn_if_polyphonic` where a `polyphonic_share` calls for it."""
    if share > POLYPHONIC:
        logging.warning(
            "%s: several notes sound at once in %.0f %% of it; only one line of pitch is followed, "
            "so give one voice at a time, or %s",
            name,
            100 * share,
            way_out,
        )


class Opening:
    """The first minute of what comes in blocks, kept to be looked at.

    Args:
      sample_rate: in Hz.
    """

    def __init__(self, sample_rate: int):
        self._sample_rate, self._blocks = sample_rate, []
        self._missing = CHECKED_SECONDS * sample_rate

    def push(self, block: np.ndarray) -> None:
        """Takes the next samples, `[samples]`; what is silent before the first sound is left."""
        if self._missing > 0 and (self._blocks or np.abs(block).max(initial=0.0) >= _SILENT):
            self._blocks.append(np.array(block[: self._missing], np.float32))
            self._missing -= len(block)

    @property
    def is_full(self) -> bool:
        """Whether nothing more is kept."""
        return self._missing <= 0

    def share(self) -> float:
        """The `polyphonic_share` of what was kept."""
        return polyphonic_share(self.audio(), self._sample_rate)

    def warn_if_polyphonic(self, name: str) -> None:
        """Logs one warning if it is polyphonic, see `warn_if_polyphonic`."""
        warn_if_polyphonic(self.audio(), self._sample_rate, name)

    def audio(self) -> np.ndarray:
        """What was kept, float32 `[samples]`."""
        return np.concatenate([np.zeros(0, np.float32), *self._blocks])


def _examine(frames):
    """Peak amplitude, and share that one note leaves over (NaN: not steady), of pairs of frames."""
    window = np.hanning(_FRAME + 1)[:-1].astype(np.float32)
    frames = frames - frames.mean(axis=1, keepdims=True)
    spectra = np.abs(np.fft.rfft(frames * window, _N_FFT)) * (4.0 / _FRAME)
    spectra = spectra[:, : int(_HIGHEST_HZ * _N_FFT / _RATE) + 2]
    spectra[:, : int(_LOWEST_HZ * _N_FFT / _RATE)] = 0.0
    loudest = np.maximum(spectra[:-2].max(axis=1), spectra[2:].max(axis=1))
    lasting = np.minimum(spectra[:-2], spectra[2:])
    steady = lasting.max(axis=1) > np.maximum(_STEADY * loudest, _SILENT)
    shares = np.full(len(lasting), np.nan)
    shares[steady] = [_left_over(spectrum) for spectrum in lasting[steady]]
    return loudest, shares


def _left_over(spectrum):
    """Share of the amplitude of the partials that are no harmonics of the best single note."""
    hz, amplitude = _partials(spectrum)
    if not len(hz):
        return 0.0
    strong = hz[amplitude > _STRONG * amplitude.max()]
    f0_hz = np.concatenate([hz, strong / 2, strong / 3])
    f0_hz = f0_hz[f0_hz > _LOWEST_HZ, None]
    ratio = hz / f0_hz
    number = np.maximum(np.rint(ratio), 1)
    away = np.abs(ratio - number)
    fits = (away * f0_hz < np.maximum(_DETUNED * hz, _NEAR_HZ)) & (away < 0.25)

    def has(n):
        return (fits & (number == n)).any(axis=1)

    # A chord has a root far below; without a fundamental it takes 7 or 11 to be one note.
    is_note = has(1) | (has(2) & has(3) & has(5) & (has(7) | has(11)))
    # The partials of any chord lie near some harmonics of a pitch so low.
    found = sum(has(n) for n in range(1, _FIRST_PARTIALS + 1))
    is_note &= (f0_hz[:, 0] > _LOW_HZ) | (found >= min(_FIRST_PARTIALS - 1, len(hz)))
    explained = (fits * amplitude).sum(axis=1) * is_note
    return 1.0 - float(explained.max() / amplitude.sum())


def _partials(spectrum):
    """Frequencies in Hz and amplitudes of the strongest peaks of a spectrum `[bins]`."""
    inner = spectrum[1:-1]
    is_peak = (inner > spectrum[:-2]) & (inner >= spectrum[2:])
    bins = 1 + np.flatnonzero(is_peak)
    bins = bins[spectrum[bins] > _FAINT * spectrum[bins].max(initial=0.0)]
    bins = bins[np.argsort(-spectrum[bins])[:_PARTIALS]]
    below, here, above = np.log(np.maximum(spectrum[[bins - 1, bins, bins + 1]], 1e-12))
    curvature = np.minimum(below - 2 * here + above, -1e-9)
    offset = (0.5 * (below - above) / curvature).clip(-0.5, 0.5)
    return (bins + offset) * _RATE / _N_FFT, spectrum[bins]
