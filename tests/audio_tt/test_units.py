import numpy as np
import pytest
from keras import ops

from audio_tt.dsp import units

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


@pytest.mark.parametrize(
    "function, values",
    [(units.hz_to_midi, HZ), (units.midi_to_hz, MIDI), (units.cents_to_ratio, [-7.0, 30.0])],
)
def test_keras_agrees_with_numpy(function, values):
    values = np.float32(values)
    same = ops.convert_to_numpy(function(values, ops))
    np.testing.assert_allclose(same, function(values), rtol=2e-6, atol=1e-5)
