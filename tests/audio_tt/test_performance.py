import numpy as np
import pytest

from audio_tt.music.notes import Note, is_monophonic
from audio_tt.music.performance import CONTROL_RATE_HZ, concatenate, perform, split_phrases


def _line(count=40, length=0.4):
    return [Note(60 + i % 12, 80, i * length, (i + 1) * length) for i in range(count)]


def _rng(seed=0):
    return np.random.default_rng(seed)


def test_the_seed_decides():
    first, again, other = (perform(_line(), _rng(seed)) for seed in (3, 3, 4))
    assert first.notes == again.notes
    np.testing.assert_array_equal(first.expression, again.expression)
    np.testing.assert_array_equal(first.bend_cents, again.bend_cents)
    assert first.notes != other.notes


@pytest.mark.parametrize("seed", range(8))
def test_a_performance_keeps_the_notes_and_their_order(seed):
    played = perform(_line(), _rng(seed), detune_cents=20.0, vibrato_depth_cents=30.0)
    assert [n.pitch for n in played.notes] == [n.pitch for n in _line()]
    assert all(n.end > n.start for n in played.notes)
    assert is_monophonic(played.notes)
    assert len(played.expression) == len(played.bend_cents)
    assert played.notes[0].start >= 0.2
    assert played.duration >= played.notes[-1].end + 0.99
    assert all(36 <= n.velocity <= 118 for n in played.notes)
    assert played.expression.min() >= 60
    assert played.expression.max() <= 127
    assert np.abs(played.bend_cents).max() <= 50


@pytest.mark.parametrize("seed", range(8))
def test_repeated_notes_never_overlap(seed):
    notes = [Note(60, 80, i * 0.3, (i + 1) * 0.3) for i in range(30)]
    played = perform(notes, _rng(seed)).notes
    gaps = [after.start - before.end for before, after in zip(played, played[1:], strict=False)]
    assert min(gaps) > 0.01


def test_dynamics_reach_from_soft_to_loud():
    loudness = [np.mean([n.velocity for n in perform(_line(), _rng(s)).notes]) for s in range(40)]
    assert min(loudness) < 50
    assert max(loudness) > 95


def test_vibrato_has_the_rate_and_depth_asked_for():
    played = perform(
        [Note(69, 80, 0.0, 4.0)],
        _rng(),
        vibrato_probability=1.0,
        vibrato_rate_hz=(5.0, 5.0),
        vibrato_depth_cents=40.0,
        detune_cents=0.0,
        rubato=0.0,
    )
    note = played.notes[0]
    start = int(note.start * CONTROL_RATE_HZ)
    assert np.abs(played.bend_cents[: start + 10]).max() == 0.0
    steady = played.bend_cents[start + 150 : int(note.end * CONTROL_RATE_HZ) - 20]
    crossings = np.sum(np.diff(np.signbit(steady)))
    rate = crossings / 2 / (len(steady) / CONTROL_RATE_HZ)
    assert rate == pytest.approx(5.0, rel=0.1)
    assert 0.3 * 0.6 * 40 <= steady.max() <= 40


def test_no_vibrato_and_no_detuning_leave_the_pitch_alone():
    played = perform(_line(), _rng(), vibrato_probability=0.0, detune_cents=0.0)
    assert not played.bend_cents.any()
    assert played.bends() == [(0.0, 0)]


def test_rests_come_between_phrases():
    none, always = (perform(_line(), _rng(1), rest_probability=p).notes for p in (0.0, 1.0))
    longest = [
        max(b.start - a.end for a, b in zip(notes, notes[1:], strict=False))
        for notes in (none, always)
    ]
    assert longest[0] < 0.3
    assert 0.3 <= longest[1] <= 2.5


def test_chords_get_velocities_and_no_curves():
    chords = [Note(p, 80, i * 1.0, i + 0.9) for i in range(8) for p in (60, 64, 67)]
    played = perform(chords, _rng())
    assert np.ptp(played.expression) == 0
    assert np.ptp(played.bend_cents) == 0
    assert len({n.velocity for n in played.notes}) > 3
    assert len(played.notes) == len(chords)


def test_phrases_break_at_rests_and_long_notes():
    notes = [Note(60, 80, i * 0.5, i * 0.5 + 0.5) for i in range(6)]
    notes += [Note(62, 80, 4.0, 4.5), Note(62, 80, 4.5, 5.0)]
    assert [len(phrase) for phrase in split_phrases(notes)] == [6, 2]
    held = [Note(60, 80, i * 0.5, i * 0.5 + 0.5) for i in range(5)] + [Note(60, 80, 2.5, 4.0)]
    held += [Note(60, 80, 4.0, 4.5)]
    assert [len(phrase) for phrase in split_phrases(held)] == [6, 1]


def test_events_are_those_of_the_curves():
    played = perform(_line(), _rng(2))
    times = np.arange(len(played.expression)) / CONTROL_RATE_HZ
    event_times, numbers, values = map(np.array, zip(*played.controls(), strict=True))
    assert set(numbers) == {11}
    held = values[np.searchsorted(event_times, times, side="right") - 1]
    np.testing.assert_array_equal(held, np.round(played.expression))
    bends = [value for _, value in played.bends()]
    assert max(map(abs, bends)) <= 50 / 200 * 8192


def test_concatenate_and_transpose():
    first, second = perform(_line(10), _rng(0)), perform(_line(10), _rng(1))
    both = concatenate([first, second]).transposed(-12)
    assert both.duration == pytest.approx(first.duration + second.duration)
    assert both.notes[10].start == pytest.approx(second.notes[0].start + first.duration)
    assert both.notes[10].pitch == second.notes[0].pitch - 12
