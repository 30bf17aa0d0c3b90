"""Chords and counterpoint split into voices of one note at a time."""

from collections.abc import Sequence

import numpy as np

from audio_tt.music.notes import Note

TOGETHER_SECONDS = 0.03
OVERLAP_SECONDS = 0.08  # by which a note may outlast the next one's onset in one voice: legato
_NEW_VOICE = 100.0  # semitones: any voice that is free is rather taken
_FORGET_SECONDS = 2.0  # of rest, after which it matters little where a voice was


def split_voices(notes: Sequence[Note], most: int | None = None) -> list[list[Note]]:
    """Splits notes into voices, each of one note at a time.

    Notes that begin together go to the voices whose last notes are nearest in pitch, all together
    (the assignment problem). A voice whose note still sounds, but for a little overlap, is not
    free.

    Args:
        notes: in any order.
        most: how many voices there may be; of notes that find none, the softest are left out. None
            for as many as are needed.

    Returns:
        The notes of each voice, sorted by onset; the voice with the highest mean pitch first.
    """
    from scipy.optimize import linear_sum_assignment

    voices: list[list[Note]] = []
    for group in _groups(notes):
        free = [voice for voice in voices if _is_free(voice[-1], group[0].start)]
        new = len(group) if most is None else min(len(group), most - len(voices))
        places = len(free) + new
        if places < len(group):
            group = sorted(group, key=lambda note: -note.velocity)[:places]
        if not group:
            continue
        costs = np.full((len(group), places), _NEW_VOICE)
        for column, voice in enumerate(free):
            costs[:, column] = [_distance(voice[-1], note) for note in group]
        for row, column in zip(*linear_sum_assignment(costs), strict=True):
            if column < len(free):
                free[column].append(group[row])
            else:
                voices.append([group[row]])
    return sorted(voices, key=lambda voice: -np.mean([note.pitch for note in voice]))


def _groups(notes):
    """Notes that begin together."""
    groups: list[list[Note]] = []
    for note in sorted(notes, key=lambda note: (note.start, -note.pitch)):
        if groups and note.start - groups[-1][0].start < TOGETHER_SECONDS:
            groups[-1].append(note)
        else:
            groups.append([note])
    return groups


def _is_free(last, start):
    overlap = min(OVERLAP_SECONDS, 0.5 * last.duration)
    return last.end <= start + overlap and last.start < start - TOGETHER_SECONDS / 2


def _distance(last, note):
    rest = min(max(note.start - last.end, 0.0) / _FORGET_SECONDS, 1.0)
    return abs(note.pitch - last.pitch) * (1.0 - 0.5 * rest) + 2.0 * rest
