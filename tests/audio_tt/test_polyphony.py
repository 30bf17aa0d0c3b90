import numpy as np
import pytest

from audio_tt.pitch.polyphony import POLYPHONIC, polyphonic_share, warn_if_polyphonic

RATE = 16000
HARMONICS = {
    "bright": [1 / k for k in range(1, 13)],
    "hollow": [1, 0.01, 0.6, 0.01, 0.4, 0.01, 0.2],  # a clarinet's
    "low": [1 / k for k in range(1, 25)],
    "nasal": [0, 1, 1, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.2, 0.2],  # no fundamental
}


def note(pitch, seconds, harmonics="bright", vibrato=0.005):
    f0_hz = 440.0 * 2 ** ((pitch - 69) / 12)
    time = np.arange(int(seconds * RATE)) / RATE
    phase = 2 * np.pi * f0_hz * (time - vibrato / (2 * np.pi * 5) * np.cos(2 * np.pi * 5 * time))
    audio = sum(a * np.sin(k * phase) for k, a in enumerate(HARMONICS[harmonics], 1))
    return audio * np.minimum(1, np.minimum(time, time[::-1]) / 0.02)


def chords(*chords, seconds=0.5, **options):
    """Chords one after the other, peak 0.5."""
    audio = np.concatenate([sum(note(p, seconds, **options) for p in c) for c in chords])
    return 0.5 * audio / np.abs(audio).max()


@pytest.mark.parametrize("timbre", ["plucked", "bowed"])
@pytest.mark.parametrize("note_seconds", [0.15, 0.5])
@pytest.mark.parametrize("sample_rate", [16000, 44100])
def test_a_melody(melody, timbre, note_seconds, sample_rate):
    audio = melody(timbre, sample_rate, 12 * note_seconds, note_seconds)
    assert polyphonic_share(audio, sample_rate) < 0.3


@pytest.mark.parametrize("harmonics", list(HARMONICS))
def test_one_note_of_any_timbre(harmonics):
    assert polyphonic_share(chords([50], [57], [69], harmonics=harmonics), RATE) < 0.1


def test_a_tuba_s_lowest_notes_are_no_chords():
    assert polyphonic_share(chords([24], [28], [31], harmonics="low"), RATE) < 0.2


@pytest.mark.parametrize("harmonics", ["bright", "hollow"])
@pytest.mark.parametrize(
    "intervals", [(0, 3), (0, 4), (0, 5), (0, 7), (0, 9), (0, 4, 7), (0, 3, 7), (0, 7, 16)]
)
def test_chords(intervals, harmonics):
    roots = (60, 65, 57)
    audio = chords(*([root + i for i in intervals] for root in roots), harmonics=harmonics)
    assert polyphonic_share(audio, RATE) > 0.85


def test_octaves_pass_for_one_note():
    assert polyphonic_share(chords([60, 72], [57, 69]), RATE) < 0.1


def test_the_share_is_one_of_time():
    audio = np.concatenate([chords([62], seconds=3.0), chords([62, 66], seconds=1.0)])
    assert polyphonic_share(audio, RATE) == pytest.approx(0.25, abs=0.05)
    assert 0.25 < POLYPHONIC < 0.85


def test_pauses_do_not_count():
    pause = np.random.default_rng(0).normal(0, 1e-4, 5 * RATE)
    audio = np.concatenate([chords([62, 66], seconds=1.0), pause])
    assert polyphonic_share(audio, RATE) > 0.85


def test_a_long_recording_has_the_share_of_its_parts():
    audio = chords([60], [64, 67])
    assert polyphonic_share(np.tile(audio, 60), RATE) == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan])
@pytest.mark.parametrize("samples", [0, 100, 30000])
def test_nothing_to_hear(samples, value):
    assert polyphonic_share(np.full(samples, value), RATE) == 0.0


def test_the_warning(caplog):
    warn_if_polyphonic(chords([60], [64]), RATE, "line.wav")
    assert not caplog.messages
    warn_if_polyphonic(chords([60, 64], [62, 65]), RATE, "duet.wav")
    (message,) = caplog.messages
    assert message.startswith("duet.wav: several notes sound at once in ")
    assert "pix2pix or style" in message


def test_the_warning_is_about_the_first_minute_that_sounds(caplog):
    pause, line = np.zeros(90 * RATE), np.tile(chords([60], [64]), 40)[: 60 * RATE]
    chord = np.tile(chords([60, 64, 67]), 90)
    warn_if_polyphonic(np.concatenate([pause, line, chord]), RATE, "line first.wav")
    assert not caplog.messages
    warn_if_polyphonic(np.concatenate([pause, chord[: 5 * RATE]]), RATE, "chord.wav")
    assert len(caplog.messages) == 1
