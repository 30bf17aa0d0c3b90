import numpy as np
import pytest

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.errors import UserError
from autoencoder_tt.frames.features import FrameSpectrogram

FEATURES = FrameSpectrogram()


def tone(hz, seconds=0.5, rate=22050, amplitude=0.5):
    t = np.arange(int(seconds * rate)) / rate
    return (amplitude * np.sin(2 * np.pi * hz * t)).astype(np.float32)


def test_levels_are_those_of_librosa():
    audio = tone(440.0) + tone(3000.0, amplitude=0.01)
    levels = FEATURES.levels(audio)
    assert levels.shape == (1 + len(audio) // 256, 513) and levels.dtype == np.float32
    expected = np.abs(librosa.stft(audio, n_fft=1024, hop_length=256)).T
    loud = levels > 0.01
    np.testing.assert_allclose(FEATURES.to_magnitude(levels)[loud], expected[loud], rtol=1e-2)
    assert levels[20].max() == pytest.approx(1.0 - 6.02 / 110, abs=0.01)
    assert (FEATURES.levels(np.zeros(3000)) == 0.0).all()
    assert (FEATURES.to_magnitude(np.zeros(3)) == 0.0).all()


def test_loudness_is_that_of_the_ear():
    loudness = [
        FEATURES.measure(tone(hz), method="yin")["loudness_db"][20] for hz in (100.0, 1000.0)
    ]
    assert loudness[1] == pytest.approx(-6.0, abs=0.2)
    assert loudness[1] - loudness[0] == pytest.approx(19.1, abs=1.0)


@pytest.mark.parametrize("hz", [200.0, 441.3, 1234.5])
def test_a_comb_is_what_the_window_makes_of_harmonics(hz):
    audio = sum(tone(k * hz, amplitude=0.05) for k in range(1, 8) if k * hz < 11000)
    levels = FEATURES.levels(audio)[20]
    comb = FEATURES.draw_comb(np.full(3, hz))[1]
    bins = np.arange(513) * 22050 / 1024
    near = (np.abs(bins / hz - np.rint(bins / hz)) * hz < 40) & (bins < 7.4 * hz) & (bins > hz / 2)
    heard_db = (levels[near] - 1.0) * 110 - 20 * np.log10(0.05)
    np.testing.assert_allclose((comb[near] - 1.0) * 80, heard_db, atol=1.0)


def test_what_the_network_reads():
    f0_hz = np.array([440.0, 440.0, 440.0, 880.0], np.float32)
    voiced = np.array([True, True, True, False])
    inputs = FEATURES.inputs(f0_hz, voiced, np.array([-20.0, 0.0, -100.0, -20.0]))
    assert inputs.shape == (4, 513 + 121 + 1) and inputs.dtype == np.float32
    np.testing.assert_allclose(inputs[:, -1], [0.75, 1.0, 0.0, 0.75])
    pitch = inputs[:, 513:-1]
    assert pitch[0, (69 - 36) * 2] == 1.0 and pitch[0].sum() == 1.0
    assert not pitch[3].any()
    # The neighbour's pitch is in the window, but a frame further nothing is.
    assert inputs[3, :513].max() == pytest.approx(1.0 - 6.02 / 80, abs=0.02)
    unvoiced = FEATURES.inputs(f0_hz, np.zeros(4, bool), np.zeros(4))
    np.testing.assert_allclose(unvoiced[:, :-1], 0.0, atol=1e-6)


def test_one_bright_bin():
    features = FrameSpectrogram(picture="line")
    inputs = features.inputs(np.array([440.0, 0.0]), np.array([True, True]), np.zeros(2))
    assert inputs[0, :513].nonzero()[0].tolist() == [20] and not inputs[1, :513].any()
    with pytest.raises(UserError, match="picture is line or comb"):
        FrameSpectrogram(picture="dots")


@pytest.mark.parametrize("samples", [0, 1, 255, 256, 5000])
def test_any_length(samples):
    audio = np.random.default_rng(0).uniform(-1, 1, samples).astype(np.float32)
    measured = FEATURES.measure(audio, method="yin")
    assert {len(values) for values in measured.values()} == {1 + samples // 256}
    assert len(FEATURES.levels(audio)) == 1 + samples // 256


def test_pitch_is_refined_to_where_the_harmonics_are():
    audio = sum(tone(k * 441.3, amplitude=0.3 / k) for k in range(1, 13))
    levels = FEATURES.levels(audio)[5:-5]
    for cents_off in (-20.0, 0.0, 7.0):
        f0_hz = np.full(len(levels), 441.3 * 2.0 ** (cents_off / 1200), np.float32)
        cents = 1200 * np.log2(FEATURES.refine(f0_hz, levels) / 441.3)
        assert np.abs(cents).max() < 1.0
    nothing = FEATURES.refine(np.array([0.0, 440.0]), np.zeros((2, 513)))
    np.testing.assert_array_equal(nothing, [0.0, 440.0])
