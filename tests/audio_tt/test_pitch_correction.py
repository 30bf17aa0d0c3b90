"""What trackers take for another octave, or have no range for."""

import numpy as np
import pytest
from scipy import signal

from audio_tt.pitch import correction, reach, salience, tracking
from audio_tt.pitch.octaves import octaves_into

RATE, FRAME_RATE = 16000, 50
METHODS = ("crepe", "pyin", "yin")


def sound(midi, amplitudes, noise_db=None):
    """A tone of moving pitch: (audio, f0_hz of its frames).

    Args:
      midi: [samples].
      amplitudes: of the partials, from the first on.
      noise_db: level of white noise, below the tone's.
    """
    f0_hz = 440 * 2 ** ((midi - 69) / 12)
    phase = 2 * np.pi * np.cumsum(f0_hz) / RATE
    audio = sum(
        level * np.sin(number * phase) * (number * f0_hz < 0.47 * RATE)
        for number, level in enumerate(amplitudes, 1)
    )
    audio *= 0.1 / audio.std()
    if noise_db is not None:
        noise = np.random.default_rng(0).standard_normal(len(audio))
        audio += 0.1 * 10 ** (-noise_db / 20) * noise
    return audio, f0_hz[:: RATE // FRAME_RATE]


def notes(midi, seconds=0.4):
    return np.repeat(np.asarray(midi, float), round(seconds * RATE))


def glide(first, last, seconds):
    return np.linspace(first, last, round(seconds * RATE))


def phone(audio):
    return signal.sosfilt(signal.butter(6, [300, 3400], "band", fs=RATE, output="sos"), audio)


def accuracy(found, f0_hz):
    """Share of the frames within half a semitone, but for the first and last."""
    distance = np.abs(12 * np.log2(found[2 : len(f0_hz)] / f0_hz[2:]))
    return np.mean(distance[:-2] < 0.5)


@pytest.mark.parametrize("method", METHODS)
def test_a_whistle_with_breath_across_2_khz(method):
    audio, f0_hz = sound(
        np.concatenate([notes([91, 98, 102, 96]), glide(88, 107, 0.8)]), [1, 0.1], noise_db=12
    )
    found, confidence = tracking.track(audio, RATE, FRAME_RATE, method)
    assert accuracy(found, f0_hz) > 0.94
    assert np.median(confidence) > 0.8


@pytest.mark.parametrize("method", METHODS)
def test_the_highest_notes_of_a_piccolo(method):
    audio, f0_hz = sound(notes([100, 105, 108]), [1, 0.4, 0.1])
    found, confidence = tracking.track(audio, RATE, FRAME_RATE, method)
    assert accuracy(found, f0_hz) > 0.95 and np.median(confidence) > 0.9


@pytest.mark.parametrize("method", METHODS)
def test_notes_below_a_piano_s_second_octave_with_a_faint_fundamental(method):
    amplitudes = [0.03, 0.3, *(1 / np.arange(3, 30) ** 0.7)]
    audio, f0_hz = sound(notes([23, 28, 33, 26]), amplitudes, noise_db=26)
    found, _ = tracking.track(audio, RATE, FRAME_RATE, method)
    assert accuracy(found, f0_hz) > 0.93


@pytest.mark.parametrize("method", METHODS)
def test_a_low_voice_over_a_phone(method):
    """Its fundamental and second partial are missing; formants make others the loudest."""
    time = np.arange(2 * RATE) / RATE
    midi = 41 + 5 * np.sin(2 * np.pi * 0.7 * time) + 0.3 * np.sin(2 * np.pi * 5 * time)
    partials = np.arange(1, 40)
    amplitudes = (0.2 + np.abs(np.cos(1.1 * partials))) / partials**0.8
    audio, f0_hz = sound(midi, amplitudes, noise_db=30)
    found, _ = tracking.track(phone(audio), RATE, FRAME_RATE, method)
    assert accuracy(found, f0_hz) > 0.95


@pytest.mark.parametrize("hz", [7800, 9000])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_too_high_for_any_tracker_has_no_confidence(method, hz):
    """Of 9 kHz a trace is left in the copy at 16 kHz, 95 dB down, and has some pitch."""
    tone = np.sin(2 * np.pi * hz * np.arange(22050) / 44100) * signal.windows.hann(22050)
    _, confidence = tracking.track(tone, 44100, FRAME_RATE, method)
    assert not confidence[2:-2].any()


def test_why_nothing_is_heard():
    tone = np.sin(2 * np.pi * 9000 * np.arange(44100) / 44100) * signal.windows.hann(44100)
    assert "above 7500 Hz" in reach.why_not_heard(tone, 44100)
    assert "below 25 Hz" in reach.why_not_heard(tone + 2.0, 44100)
    assert reach.why_not_heard(sound(notes([60]), [1.0])[0], RATE) == ""


def test_an_octave_that_is_lost_in_part_of_a_phrase_is_found_from_the_rest():
    hz = np.full((60, 2), [200.0, 100.0])
    strength = np.full((60, 2), [0.1, 0.3])
    strength[20:30] = [0.22, 0.2]  # for a moment, what speaks for the octave above is as strong
    tracked = np.where(np.arange(60) % 30 < 20, 100.0, 200.0)
    line, _ = correction._follow(
        hz, strength, tracked, np.full(60, 0.5), correction._TRUST["crepe"], (31.7, 2006.0)
    )
    np.testing.assert_allclose(line, 100.0)


def test_a_sure_tracker_is_left_alone():
    """Two strings a fifth apart have the partials 2, 3, 4, 6 ... of a pitch that nobody plays."""
    lower, upper = (sound(notes([note], 1.0), [1, 0.5, 0.3, 0.2])[0] for note in (62, 69))
    found, _ = tracking.track(lower + 0.5 * upper, RATE, FRAME_RATE)
    assert np.median(69 + 12 * np.log2(found / 440)) == pytest.approx(62, abs=0.1)


def test_a_tracker_s_own_pitch_stays_as_it_is(monkeypatch):
    audio, _ = sound(glide(50, 74, 1.0), 1 / np.arange(1, 9))
    corrected = tracking.track(audio, RATE, FRAME_RATE, "yin")
    monkeypatch.setattr(correction.Correction, "finish", lambda self, *tracked: tracked)
    for found, own in zip(corrected, tracking.track(audio, RATE, FRAME_RATE, "yin"), strict=True):
        np.testing.assert_array_equal(found[2:-2], own[2:-2])


def test_a_correction_stays_within_what_is_asked_for():
    audio, _ = sound(notes([100]), [1.0])
    found, _ = tracking.track(audio, RATE, FRAME_RATE, "yin", fmin=50, fmax=1500)
    assert found.max() <= 1500


@pytest.mark.parametrize("frame_rate", [10, 86.13, 1000])
def test_any_frame_rate(frame_rate):
    audio, f0_hz = sound(notes([100], 1.0), [1.0])
    found, _ = tracking.track(audio, RATE, frame_rate, "yin")
    assert np.abs(found[2:-2] / f0_hz[0] - 1).max() < 0.02


def test_octaves_into_a_range():
    melody = np.array([100.0, 110.0, 120.0] * 4)
    assert octaves_into(melody, 65.0, 2000.0) == 0
    assert octaves_into(melody, 200.0, 2000.0) == 1
    assert octaves_into(melody, 10.0, 55.0) == -2
    assert octaves_into(melody, 200.0, 210.0) == 0  # no octave does it
    assert octaves_into(np.append(melody, 1000.0), 65.0, 500.0) == 0  # less than a tenth
    assert octaves_into(melody[:0], 65.0, 500.0) == 0


def test_the_strongest_pitch_explains_the_partials():
    """A tone of partials 3 to 9, a pure one, and one of odd partials."""
    for f0_hz, amplitudes in (
        (110.0, [0, 0, 1, 1, 1, 1, 1, 1, 1]),
        (3520.0, [1]),
        (220.0, [1, 0, 0.5, 0, 0.3, 0, 0.2]),
    ):
        audio, _ = sound(np.full(2048, 69 + 12 * np.log2(f0_hz / 440)), amplitudes)
        found = salience.salience(audio[None].astype(np.float32), RATE)[0]
        assert abs(12 * np.log2(salience.pitches()[found.argmax()] / f0_hz)) < 0.3


def test_noise_explains_nothing():
    frames = np.random.default_rng(0).standard_normal((100, 2048)).astype(np.float32)
    strength = salience.salience(frames, RATE).max(axis=1)
    assert np.median(strength) < 0.15
    assert not salience.salience(np.zeros((1, 2048), np.float32), RATE).any()


def test_candidates_do_not_depend_on_the_blocks():
    audio, _ = sound(glide(40, 90, 1.0), [1, 0.5])
    whole, parts = (salience.Candidates(RATE, 256) for _ in range(2))
    whole.push(audio.astype(np.float32))
    for start in range(0, len(audio), 999):
        parts.push(audio[start : start + 999].astype(np.float32))
    for one, other in zip(whole.finish(), parts.finish(), strict=True):
        assert one.shape == (len(audio) // 256 + 1, salience.PEAKS)
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_what_is_brief_is_no_correction():
    chosen = np.array([1, 1, 0, 1, 1, 1, 0, 0, 1], bool)
    expected = np.array([1, 1, 0, 0, 0, 0, 0, 0, 1], bool)
    np.testing.assert_array_equal(correction._brief(chosen, 3), expected)
