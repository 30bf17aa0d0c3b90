import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import units
from audio_tt.dsp.locked_librosa import librosa

HZ = np.float32([440.0, 880.0, 27.5, 4186.009, 0.0, -1.0])
MIDI = [69.0, 81.0, 21.0, 108.0, 0.0, 0.0]


def test_hz_to_midi():
    np.testing.assert_allclose(units.hz_to_midi(HZ), MIDI, atol=1e-5)


def test_midi_to_hz_is_the_inverse():
    np.testing.assert_allclose(units.midi_to_hz(MIDI[:4]), HZ[:4], rtol=1e-6)
    np.testing.assert_allclose(units.hz_to_midi(units.midi_to_hz(60.37)), 60.37)


def test_cents_to_ratio():
    np.testing.assert_allclose(units.cents_to_ratio([0, 1200, -1200]), [1.0, 2.0, 0.5])
    assert units.hz_to_midi(440.0 * units.cents_to_ratio(50.0)) == pytest.approx(69.5)


def test_decibels():
    amplitude = np.array([0.0, 1e-6, 1e-3, 0.5, 1.0, 2.0], np.float32)
    level_db = units.amplitude_to_db(amplitude, -80.0)
    expected = librosa.amplitude_to_db(amplitude, ref=1.0, amin=1e-4, top_db=None)
    np.testing.assert_allclose(level_db, expected, atol=1e-4)
    np.testing.assert_allclose(units.db_to_amplitude(level_db)[2:], amplitude[2:], rtol=1e-5)
    expected = librosa.power_to_db(amplitude, ref=1.0, amin=1e-4, top_db=None)
    np.testing.assert_allclose(units.power_to_db(amplitude, -40.0), expected, atol=1e-4)
    assert units.power_to_db(100.0) == pytest.approx(20.0)
    assert units.db_to_power(20.0) == pytest.approx(100.0)


@pytest.mark.parametrize("function", [units.amplitude_to_db, units.db_to_amplitude])
def test_decibels_keep_the_precision(function):
    """Also where a number comes as Python has it: times a float32 array it is a float32 array."""
    assert function(np.ones(3, np.float32)).dtype == np.float32
    assert (np.ones(3, np.float32) * function(0.5)).dtype == np.float32
    assert ops.convert_to_numpy(function(np.ones(3, np.float32), xp=ops)).dtype == np.float32


@pytest.mark.parametrize(
    "function, values",
    [
        (units.hz_to_midi, HZ),
        (units.midi_to_hz, MIDI),
        (units.cents_to_ratio, [-7.0, 30.0]),
        (units.amplitude_to_db, [0.003, 2.0]),
        (units.db_to_power, [-7.0, 30.0]),
    ],
)
def test_keras_agrees_with_numpy(function, values):
    values = np.float32(values)
    same = ops.convert_to_numpy(function(values, xp=ops))
    np.testing.assert_allclose(same, function(values), rtol=2e-6, atol=1e-5)
