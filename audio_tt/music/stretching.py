"""Recordings of notes made longer or shorter, and moved in pitch."""

import functools

import numpy as np

from audio_tt.music.takes import Take

_FADE_SECONDS = 0.04
_LOWEST_HZ = 30.0
_TAPS, _PHASES = 16, 4096


def follow(
    audio: np.ndarray,
    take: Take,
    sample_rate: int,
    held: int,
    total: int,
    from_steady: bool,
    rng: np.random.Generator,
) -> np.ndarray:
    """Plays a recording for as long as a note lasts, at its own pitch.

    Where the steady part ends too early, it goes back to some place in it, and where the note ends
    early, on to the end of the recording. At such places one wave fades into another in phase.

    Args:
        audio: `[samples]`.
        take: what is known of it.
        sample_rate: Hz.
        held: samples until the note is released.
        total: samples that are wanted.
        from_steady: begin in the steady part, as within a slur, and not with the attack.
        rng: chooses the places.

    Returns:
        float32 `[total]`; zeros follow where the recording has ended.
    """
    first, last = (round(seconds * sample_rate) for seconds in take.steady)
    place = first if from_steady else round(take.onset * sample_rate)
    fade = round(min(_FADE_SECONDS, (take.steady[1] - take.steady[0]) / 4) * sample_rate)
    if not take.can_go_on:
        return _fitted(audio[place:], total)
    pieces, length = [], 0
    while length + (last - fade - place) < held:
        back = first + int(rng.integers(0, max((last - first) // 2 - fade, 1)))
        pieces.append((place, last - fade))
        length += last - fade - place
        place = _in_phase(audio, last - fade, back, sample_rate)
    leaves = place + held - length
    if leaves < last - fade:
        pieces.append((place, leaves))
        place = _in_phase(audio, leaves, last - fade, sample_rate)
    pieces.append((place, len(audio)))
    return _fitted(_joined(audio, pieces, fade), total)


def at_positions(audio: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Reads a sound between its samples, by a windowed sinc of 16 taps.

    Args:
        audio: `[samples]`.
        positions: `[n]`, in samples; outside of it there is silence.

    Returns:
        float64 `[n]`.
    """
    half = _TAPS // 2
    padded = np.pad(np.asarray(audio, np.float64), half)
    whole = np.floor(positions).astype(int)
    phase = np.rint((positions - whole) * _PHASES).astype(int)
    windows = np.lib.stride_tricks.sliding_window_view(padded, _TAPS)
    inside = (whole >= 0) & (whole < len(audio))
    taps = windows[np.clip(whole + 1, 0, len(windows) - 1)]
    return np.einsum("nt,nt->n", taps, _sinc_table()[phase]) * inside


@functools.cache
def _sinc_table():
    """`[phases + 1, taps]`: weights of the samples around a place that is phase / phases on."""
    offset = np.arange(_TAPS) - (_TAPS // 2 - 1) - np.arange(_PHASES + 1)[:, None] / _PHASES
    return np.sinc(offset) * np.cos(np.pi * offset / (_TAPS + 1)) ** 2


def _in_phase(audio, leaves, wanted, sample_rate):
    """The place near a wanted one where the sound is most like that which it would leave."""
    span = round(sample_rate / _LOWEST_HZ)
    pattern = audio[leaves : leaves + span]
    start = max(0, wanted - span // 2)
    around = audio[start : start + 2 * span]
    if len(around) <= len(pattern) or not len(pattern):
        return wanted
    from scipy.signal import correlate

    likeness = correlate(around, pattern, "valid", method="fft")
    power = np.cumsum(np.concatenate([[0.0], np.square(around, dtype=np.float64)]))
    power = power[len(pattern) :] - power[: -len(pattern)]
    return start + int(np.argmax(likeness / np.sqrt(np.maximum(power, 1e-12))))


def _joined(audio, pieces, fade):
    """Pieces (first sample, one past the last) in a row; `fade` samples more of each fade out."""
    length = sum(end - begin for begin, end in pieces)
    sound = np.zeros(length + fade, np.float32)
    rising = np.linspace(0.0, 1.0, fade, endpoint=False, dtype=np.float32)
    done = 0
    for index, (begin, end) in enumerate(pieces):
        piece = _fitted(audio[begin : end + fade], end - begin + fade)
        piece = _matched(piece, sound[done : done + fade], fade) if index else piece.copy()
        if index:
            piece[:fade] *= rising
        piece[end - begin :] *= rising[::-1] if end < len(audio) else 1.0
        sound[done : done + len(piece)] += piece
        done += end - begin
    return sound


def _matched(piece, leaving, fade):
    """A piece as loud at its beginning as what it takes over from, which fades there."""
    before, after = (
        np.sqrt(np.mean(np.square(x, dtype=np.float64))) for x in (leaving, piece[:fade])
    )
    full = before * np.sqrt(3.0)  # a linear fade has a third of the power
    return piece * np.float32(np.clip(full / max(after, 1e-9), 0.25, 4.0))


def _fitted(audio, length):
    return np.pad(audio[:length], (0, max(0, length - len(audio)))).astype(np.float32)
