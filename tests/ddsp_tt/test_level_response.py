"""An instrument that is louder at some pitches is asked for less there."""

import numpy as np
import pytest

from audio_tt.dsp.units import midi_to_hz
from ddsp_tt.features import fitting, level_response
from ddsp_tt.playing import steady_notes
from ddsp_tt.trained import catalogue, instruments

MIDI, LEVELS = np.arange(48, 85, 3.0), np.array([-50.0, -35.0, -25.0, -15.0])


def answer(midi, loudness_db):
    """Three decibels louder an octave higher, and with a kink; softer notes come out softer yet."""
    return loudness_db + 0.25 * (midi - 60) + 2 * (midi > 75) - 0.1 * (loudness_db + 30)


@pytest.fixture(scope="module")
def response():
    return level_response.table(MIDI, LEVELS, answer(MIDI[:, None], LEVELS))


def test_the_table_leaves_the_level_on_the_whole(response):
    assert np.mean(response["off_db"]) == pytest.approx(0, abs=0.01)
    assert np.ptp(response["off_db"]) > 5


def test_what_is_asked_for_makes_even_notes_even(response):
    midi = np.repeat([54.0, 60.0, 66.0, 72.0], 10)
    wanted = np.full(40, -30.0)
    asked = level_response.even_out(wanted, midi_to_hz(midi), response)
    assert np.ptp(answer(midi, wanted)) > 4
    assert np.ptp(answer(midi, asked)) < 0.2
    assert np.abs(asked - wanted).max() <= level_response.MOST_DB


def test_rests_are_asked_for_like_the_notes_around_them(response):
    f0_hz = midi_to_hz(np.array([54.0] * 3 + [72.0] * 3))
    with_rest = np.concatenate([f0_hz[:3], np.zeros(3), f0_hz[3:]])
    asked = level_response.even_out(np.full(9, -30.0), with_rest, response)
    assert (np.diff(asked) <= 0).all() and np.ptp(asked) > 3
    silence = np.full(5, -80.0)
    assert level_response.even_out(silence, np.zeros(5), response) is silence


def test_the_fit_uses_it_and_the_demos_fit_does_not(response):
    loudness = np.linspace(-40, -20, 200)
    features = {
        "f0_hz": midi_to_hz(np.repeat([54.0, 72.0], 100)),
        "loudness_db": loudness,
        "f0_confidence": np.ones(200),
    }
    notes = {"quantile_transform": fitting.fit_quantiles(loudness)}
    known = {**notes, "level_response": response}
    even, _ = fitting.adjust(features, known, threshold=0.0)
    plain, _ = fitting.adjust(features, notes, threshold=0.0)
    moved = even["loudness_db"] - plain["loudness_db"]
    assert moved[10] - moved[-10] > 2
    demo = [
        fitting.adjust(features, table, threshold=0.0, loudness_fit="quantiles")[0]["loudness_db"]
        for table in (known, notes)
    ]
    np.testing.assert_array_equal(*demo)


@pytest.mark.slow
@pytest.mark.parametrize("name", catalogue.MODELS.shipped())
def test_included_instruments_carry_their_own(name):
    instrument = instruments.read(name)
    measured = steady_notes.response(instrument)
    kept = instrument.statistics["level_response"]
    assert measured["midi"] == kept["midi"]
    np.testing.assert_allclose(measured["off_db"], kept["off_db"], atol=0.3)
