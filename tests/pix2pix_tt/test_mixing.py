"""Recordings against the original's formulas (synthesize_audios.py), computed anew."""

import numpy as np
import pytest

from audio_tt.music.notes import Note
from pix2pix_tt.synthesis.mixing import Mixer, nearest_velocity

RATE = 16000
NOTES = [
    Note(60, 30, 0.0, 0.11),
    Note(64, 76, 0.05, 0.3),
    Note(67, 64, 0.05, 0.5),
    Note(60, 127, 0.31, 0.62),
    Note(107, 1, 0.4, 1.0),
    Note(22, 100, 0.6, 0.9),
    Note(21, 100, 0.1, 0.9),
    Note(108, 100, 0.1, 0.9),
]


@pytest.fixture(scope="module")
def bank():
    """Notes of 1.5 s, all different."""
    shape = (86, 4, 24000)
    return np.random.default_rng(0).integers(-30000, 30000, shape, np.int16, endpoint=True)


def reference(notes, bank, duration_rate=4, playback_speed=1, transpose=0):
    """The recording at 16 kHz."""
    speed = RATE / playback_speed
    total = round(max(note.end for note in notes) * speed)
    mixed = np.zeros(total)
    for note in notes:
        pitch = note.pitch + transpose
        if not 22 <= pitch <= 107:
            continue
        velocity = sorted((25, 50, 100, 127), key=lambda v, note=note: abs(v - note.velocity))[0]
        first = round(note.start * speed)
        length = min(round((note.end - note.start) * duration_rate * speed), total - first)
        sound = bank[pitch - 22, (25, 50, 100, 127).index(velocity)].astype(float)
        for n in range(int(0.9 * length), min(length, len(sound))):
            sound[n] *= np.exp(-(n - int(0.9 * length)) / 3000)
        sound = sound[:length]
        mixed[first : first + len(sound)] += sound
    return mixed * 32000 / 32768 / np.abs(mixed).max()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"duration_rate": 1.0},
        {"duration_rate": 2.5, "playback_speed": 1.5},
        {"duration_rate": 1.0, "transpose": 5},
        {"playback_speed": 0.5, "transpose": -40},
    ],
)
def test_formulas_of_the_original(bank, settings):
    audio = Mixer(sample_rate=RATE, fade_seconds=0.0, **settings).mix(NOTES, bank, RATE)
    assert audio.dtype == np.float32
    np.testing.assert_allclose(audio, reference(NOTES, bank, **settings), atol=3e-6)


def test_notes_at_the_end_are_shortened_not_dropped(bank):
    last = Note(60, 100, 1.0, 1.5)
    audio = Mixer(sample_rate=RATE, fade_seconds=0.0).mix([last], bank, RATE)
    assert len(audio) == 24000
    assert not audio[:16000].any()
    np.testing.assert_allclose(audio, reference([last], bank), atol=3e-6)
    assert np.std(audio[-400:]) < 0.9 * np.std(audio[16000:20000])  # the release is heard


def test_notes_end_without_a_click(bank):
    note = Note(60, 100, 0.0, 1.0)
    mixer = Mixer(sample_rate=RATE, duration_rate=0.5)
    audio = mixer.mix([note], bank, RATE)
    plain = reference([note], bank, duration_rate=0.5)
    ramp = np.ones(16000)
    ramp[8000 - 160 : 8000] = np.arange(159, -1, -1) / 160
    np.testing.assert_allclose(audio, plain * ramp, atol=3e-6)


def test_resampled_to_44100(bank):
    audio = Mixer().mix([Note(60, 100, 0.0, 1.0)], bank, RATE)
    assert audio.shape == (44100,)
    assert np.abs(audio).max() == pytest.approx(32000 / 32768)


def sine_bank(rate):
    """Every note is the same sine of 440 Hz at velocity 100, for 1 s."""
    bank = np.zeros((86, 4, rate), np.int16)
    bank[:, 2] = np.round(20000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate))
    return bank


def test_out_of_tune_and_at_a_level():
    notes = [Note(69, 100, 0.5, 1.3)]
    mixer = Mixer(sample_rate=RATE, duration_rate=1.0, detune_cents=50.0, level_db=-12.0)
    audio = mixer.mix(notes, sine_bank(RATE), RATE)
    assert 20 * np.log10(np.abs(audio).max() * 32768 / 32000) == pytest.approx(-12.0, abs=1e-3)
    assert np.abs(audio[: RATE // 2 - 100]).max() < 1e-5  # in time
    spectrum = np.abs(np.fft.rfft(audio[RATE // 2 :] * np.hanning(len(audio) - RATE // 2), 2**18))
    assert np.argmax(spectrum) * RATE / 2**18 == pytest.approx(440 * 2 ** (50 / 1200), rel=3e-4)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_recordings_have_one_length_whatever_rate_and_tuning_the_notes_have(rate):
    bank = np.ones((86, 4, 100), np.int16)
    for end in np.linspace(0.1, 0.9, 50):
        notes = [Note(69, 100, 0.0, end)]
        for cents in (-7.3, 0.0, 5.9):
            mixer = Mixer(detune_cents=cents, playback_speed=1.03)
            assert len(mixer.mix(notes, bank, rate)) == round(end / 1.03 * 44100)


@pytest.mark.parametrize("notes", [[Note(10, 100, 0.0, 0.5)], [Note(60, 100, 0.0, 1e-6)]])
def test_nothing_to_hear_is_silence(bank, notes):
    audio = Mixer(sample_rate=RATE).mix(notes, bank, RATE)
    assert len(audio) >= 1
    assert not audio.any()


@pytest.mark.parametrize(
    "velocity, recorded", [(1, 25), (37, 25), (38, 50), (74, 50), (76, 100), (113, 100), (114, 127)]
)
def test_nearest_velocity(velocity, recorded):
    assert (25, 50, 100, 127)[nearest_velocity(velocity)] == recorded
