"""Which notes sound at once: multiple f0 estimation by summing harmonic amplitudes.

After A. Klapuri, "Multiple fundamental frequency estimation by summing harmonic amplitudes", ISMIR
2006: the spectrum is whitened in bands, the pitch whose harmonics add up to most is taken out of
it, and so on while the sum of all that were found goes on growing. No training, no weights.
"""

import functools

import numpy as np

from audio_tt.dsp import units

SAMPLE_RATE = 16000  # Hz, of what is analysed
LOWEST, HIGHEST = 36, 96  # MIDI pitches that are looked for
FRAME_RATE = 25  # frames a second

_FRAME_LENGTH, _N_FFT = 2048, 4096
_STEPS = 5  # of the grid of frequencies, in a semitone
_HARMONICS = 20
_MOST_NOTES = 6
_ALPHA, _BETA = 52.0, 320.0  # Hz, of the harmonics' weights for frames of about 0.1 s
_WHITENING = 0.33
_CANCELLATION = 0.89
_GROWTH = 0.7
_QUIET_DB = 50.0  # a frame so far below the loudest one has no notes
_FRAMES_PER_BLOCK = 512


def piano_roll(audio: np.ndarray, sample_rate: int) -> np.ndarray:
    """Estimates the notes that sound in each frame.

    Args:
      audio: `[samples]`, any length.
      sample_rate: Hz.

    Returns:
      bool `[frames, 128]` by MIDI pitch, 25 frames a second; frame i is centred on i / 25 s.
    """
    import soxr

    audio = np.asarray(audio, np.float32)
    if sample_rate != SAMPLE_RATE and len(audio):
        audio = soxr.resample(audio, sample_rate, SAMPLE_RATE)
    hop_length = SAMPLE_RATE // FRAME_RATE
    padded = np.pad(audio, (_FRAME_LENGTH // 2, _FRAME_LENGTH))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME_LENGTH)[::hop_length]
    frames = frames[: len(audio) // hop_length + 1]
    power = np.array([np.dot(frame, frame) for frame in frames])
    loud = power > max(power.max() * 10.0 ** (-_QUIET_DB / 10.0), 1e-9)
    roll = np.zeros((len(frames), 128), bool)
    window = np.hanning(_FRAME_LENGTH).astype(np.float32)
    for start in range(0, len(frames), _FRAMES_PER_BLOCK):
        block = np.flatnonzero(loud[start : start + _FRAMES_PER_BLOCK]) + start
        magnitude = np.abs(np.fft.rfft(frames[block] * window, _N_FFT))
        roll[block] = _notes(_peaks(_whitened(magnitude)))
    return roll


def _whitened(magnitude):
    """Flattens the spectrum `[frames, bins]` as far as timbre shapes it."""
    bands = _bands()
    level = np.sqrt(magnitude**2 @ bands.T / bands.sum(axis=1) + 1e-20)
    shape = bands / np.maximum(bands.sum(axis=0), 1e-9)
    return magnitude * (level ** (_WHITENING - 1.0) @ shape)


@functools.cache
def _bands():
    """Triangles `[30, bins]` between the centres of critical bands."""
    centres = 229.0 * (10.0 ** (np.arange(1, 33) / 21.4) - 1.0)
    frequencies = np.fft.rfftfreq(_N_FFT, 1.0 / SAMPLE_RATE)
    rise = (frequencies - centres[:-2, None]) / np.diff(centres)[:-1, None]
    fall = (centres[2:, None] - frequencies) / np.diff(centres)[1:, None]
    return np.maximum(0.0, np.minimum(rise, fall))


def _peaks(spectrum):
    """Puts the peaks of spectra `[frames, bins]` on the grid: `[frames, steps]`."""
    inner = spectrum[:, 1:-1]
    frame, place = np.nonzero((inner > spectrum[:, :-2]) & (inner >= spectrum[:, 2:]))
    left, middle, right = (np.log(spectrum[frame, place + i] + 1e-12) for i in range(3))
    offset = 0.5 * (left - right) / np.minimum(left - 2.0 * middle + right, -1e-9)
    frequency = (place + 1 + np.clip(offset, -0.5, 0.5)) * SAMPLE_RATE / _N_FFT
    step = np.round((units.hz_to_midi(frequency) - LOWEST) * _STEPS).astype(int)
    grid = np.zeros((len(spectrum), _offsets()[-1] + (HIGHEST - LOWEST + 1) * _STEPS))
    known = (step >= 0) & (step < grid.shape[1])
    np.maximum.at(grid, (frame[known], step[known]), inner[frame, place][known])
    return grid


def _offsets():
    return np.round(12.0 * np.log2(np.arange(1, _HARMONICS + 1)) * _STEPS).astype(int)


def _notes(grid):
    """Finds the pitches of frames: bool `[frames, 128]`."""
    count = len(grid)
    pitches = np.arange(LOWEST, HIGHEST + 1)
    f0_hz = units.midi_to_hz(pitches)
    order = np.arange(1, _HARMONICS + 1)
    weights = (f0_hz[:, None] + _ALPHA) / (order * f0_hz[:, None] + _BETA)
    weights = np.where(order * f0_hz[:, None] < SAMPLE_RATE / 2, weights, 0.0)
    reach = np.arange(-(_STEPS // 2), _STEPS // 2 + 1)
    places = (pitches - LOWEST)[:, None] * _STEPS + _offsets()
    places = np.clip(places[..., None] + reach, 0, grid.shape[1] - 1)  # [pitches, harmonics, reach]
    roll = np.zeros((count, 128), bool)
    total, best = np.zeros(count), np.zeros(count)
    going = np.ones(count, bool)
    for number in range(1, _MOST_NOTES + 1):
        salience = (grid[:, places].max(axis=-1) * weights).sum(axis=-1)
        chosen = salience.argmax(axis=1)
        found = salience[np.arange(count), chosen]
        total += found
        score = total / number**_GROWTH
        going &= (score > best) & (found > 0.0)
        best = np.where(going, score, best)
        if not going.any():
            break
        rows = np.flatnonzero(going)
        roll[rows, pitches[chosen[rows]]] = True
        for row in rows:
            taken = 1.0 - _CANCELLATION * np.minimum(weights[chosen[row]], 1.0)
            np.multiply.at(grid[row], places[chosen[row]].ravel(), np.repeat(taken, len(reach)))
    return roll
