from pathlib import Path

import mir_eval
import numpy as np
import pytest
import scipy.linalg

from audio_tt.dsp.locked_librosa import librosa
from audio_tt.metrics import audio_metrics
from audio_tt.metrics.pitch_metrics import jaccard_distance
from audio_tt.pitch import multipitch
from timbre_tt.comparison.reference_figures import FIGURES

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "metrics.npz")
SAMPLE_RATE = 16000
TIME = np.arange(SAMPLE_RATE) / SAMPLE_RATE


def tone(f0_hz, level=0.3, harmonics=(1.0, 0.5, 0.25)):
    return level * sum(
        a * np.sin(2 * np.pi * f0_hz * (n + 1) * TIME) for n, a in enumerate(harmonics)
    )


def noise(seed, scale=0.1):
    return np.random.default_rng(seed).normal(scale=scale, size=SAMPLE_RATE)


def test_f0_l1_is_that_of_ddsp():
    result = audio_metrics.f0_l1(GOLDEN["f0_target"], GOLDEN["confidence"], GOLDEN["f0_estimate"])
    assert result.semitones == pytest.approx(float(GOLDEN["f0_l1"]), abs=1e-5)
    assert (result.is_outlier, result.is_tracked) == (False, True)


def test_f0_l1_of_known_intervals():
    f0 = np.array([220.0, 220.0, 440.0, 440.0])
    confidence = np.array([0.85, 0.9, 0.84, 0.0])
    estimate = np.array([220.0 * 2 ** (1 / 12), 220.0 * 2 ** (-3 / 12), 1.0, 0.0])
    assert audio_metrics.f0_l1(f0, confidence, estimate).semitones == pytest.approx(2.0)
    octave = audio_metrics.f0_l1(f0, confidence, 2 * f0)
    assert octave.semitones == pytest.approx(12.0) and not octave.is_outlier
    silent = audio_metrics.f0_l1(f0, confidence, np.zeros(4))
    assert silent.semitones == pytest.approx(57.0) and silent.is_outlier  # A3 against MIDI 0
    untracked = audio_metrics.f0_l1(f0, confidence * 0.9, estimate)
    assert np.isnan(untracked.semitones) and not untracked.is_tracked


def test_pitch_accuracies_are_those_of_mir_eval():
    rng = np.random.default_rng(1)
    target = 220.0 * 2 ** (rng.uniform(-1, 1, 400))
    target[rng.random(400) < 0.2] = 0.0
    estimate = target * 2 ** (rng.normal(0, 60, 400) / 1200)
    estimate[rng.random(400) < 0.2] *= 2.0
    estimate[rng.random(400) < 0.1] = 0.0
    times = np.arange(400) * 0.004
    expected = mir_eval.melody.evaluate(times, target, times, estimate)
    pitch = audio_metrics.raw_pitch_accuracy(target, estimate)
    chroma = audio_metrics.raw_chroma_accuracy(target, estimate)
    assert pitch == pytest.approx(expected["Raw Pitch Accuracy"])
    assert chroma == pytest.approx(expected["Raw Chroma Accuracy"])
    assert 0.3 < pitch < chroma < 0.8
    assert audio_metrics.raw_pitch_accuracy(target, 2 * target) == 0.0
    assert audio_metrics.raw_chroma_accuracy(target, 2 * target) == 1.0
    assert np.isnan(audio_metrics.raw_pitch_accuracy(np.zeros(5), np.ones(5)))


def test_loudness_figures():
    curve = np.linspace(-60.0, -20.0, 100)
    assert audio_metrics.loudness_l1(curve, curve[:90] + 3.0) == pytest.approx(3.0)
    assert audio_metrics.loudness_correlation(curve, 0.5 * curve - 7.0) == pytest.approx(1.0)
    assert audio_metrics.loudness_correlation(curve, -curve) == pytest.approx(-1.0)
    assert np.isnan(audio_metrics.loudness_correlation(curve, np.full(100, -40.0)))


def test_log_spectral_distance_of_a_gain_is_the_gain():
    audio = noise(0)
    assert audio_metrics.log_spectral_distance(audio, audio) == 0.0
    assert audio_metrics.log_spectral_distance(audio, audio / 2) == pytest.approx(6.0206, abs=5e-3)
    assert audio_metrics.log_spectral_distance(audio / 2, audio) == pytest.approx(6.0206, abs=5e-3)
    assert audio_metrics.log_spectral_distance(np.zeros(100), np.zeros(100)) == 0.0
    assert audio_metrics.log_spectral_distance(audio, np.zeros_like(audio)) > 50


def test_log_spectral_distance_against_librosa():
    a, b = noise(1), noise(2)
    padded = [np.pad(x, (0, 4096)) for x in (a, b)]
    levels = [
        librosa.amplitude_to_db(
            np.abs(librosa.stft(x, n_fft=2048, hop_length=512, center=False))[:, :32],
            ref=1.0,
            amin=1e-9,
            top_db=None,
        )
        for x in padded
    ]
    peak = max(level.max() for level in levels)
    levels = [np.maximum(level, peak - 80.0) for level in levels]
    expected = np.sqrt(((levels[0] - levels[1]) ** 2).mean(axis=0)).mean()
    assert audio_metrics.log_spectral_distance(a, b) == pytest.approx(expected, rel=1e-5)


def test_multiscale_spectral_distance_is_that_of_ddsp():
    distance = audio_metrics.multiscale_spectral_distance(
        GOLDEN["spectral_target"], GOLDEN["spectral_estimate"]
    )
    assert distance == pytest.approx(float(GOLDEN["spectral_distance"]), rel=1e-5)
    audio = noise(3)
    assert audio_metrics.multiscale_spectral_distance(audio, audio) == 0.0
    gain = audio_metrics.multiscale_spectral_distance(audio, audio / np.e, fft_sizes=[512])
    levels = np.abs(librosa.stft(np.pad(audio, (0, 512)), n_fft=512, center=False, hop_length=128))
    expected = 1.0 + (1 - 1 / np.e) * levels[:, :125].mean()
    assert gain == pytest.approx(expected, rel=1e-5)


def test_long_audio_is_measured_in_blocks():
    audio = np.tile(noise(4), 8)
    blocks = audio_metrics.multiscale_spectral_distance(audio, audio / 2, fft_sizes=[64])
    one = audio_metrics.multiscale_spectral_distance(noise(4), noise(4) / 2, fft_sizes=[64])
    assert blocks == pytest.approx(one, rel=1e-3)


def test_mfcc_distance_hears_timbre_and_not_level():
    bright = tone(220, harmonics=(1.0, 1.0, 1.0, 1.0, 1.0))
    assert audio_metrics.mfcc_distance(bright, bright, SAMPLE_RATE) == 0.0
    level = audio_metrics.mfcc_distance(bright, bright / 4, SAMPLE_RATE)
    timbre = audio_metrics.mfcc_distance(bright, tone(220), SAMPLE_RATE)
    assert level < 0.1 * timbre


def test_mfcc_frechet_is_the_textbook_formula():
    a, b = noise(5), np.convolve(noise(6), [1.0, 0.9, 0.5], "same")
    features = [
        librosa.feature.mfcc(y=x, sr=SAMPLE_RATE, n_mfcc=20, n_fft=2048, hop_length=512)[1:]
        for x in (a, b)
    ]
    means = [f.mean(axis=1) for f in features]
    covariances = [np.cov(f, bias=True) for f in features]
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((means[0] - means[1]) ** 2) + np.trace(sum(covariances) - 2 * root)
    assert audio_metrics.mfcc_frechet(a, b, SAMPLE_RATE) == pytest.approx(expected, rel=1e-4)


def test_mfcc_frechet_passes_over_silence_and_order():
    audio = noise(7)
    padded = np.concatenate([np.zeros(SAMPLE_RATE), audio, np.zeros(SAMPLE_RATE)])
    other = tone(440)
    silence = audio_metrics.mfcc_frechet(audio, padded, SAMPLE_RATE)
    assert silence < 0.05 * audio_metrics.mfcc_frechet(audio, other, SAMPLE_RATE)
    assert audio_metrics.mfcc_frechet([audio, other], [other, audio], SAMPLE_RATE) < 1e-6
    assert np.isnan(audio_metrics.mfcc_frechet(audio, np.zeros(5000), SAMPLE_RATE))


def test_conventions_are_checked():
    for bad in (np.zeros((2, 3)), np.zeros(0), np.array([1.0, np.nan])):
        with pytest.raises(ValueError, match="the estimate"):
            audio_metrics.loudness_l1(np.zeros(3), bad)


def test_evaluate_and_summarise():
    f0 = np.full(100, 220.0)
    sure, unsure = np.ones(100), np.full(100, 0.5)
    curve = np.linspace(-40, -20, 100)

    def score(confidence, f0_estimate):
        return audio_metrics.evaluate(
            tone(220),
            tone(220),
            SAMPLE_RATE,
            f0_target=f0,
            confidence_target=confidence,
            f0_estimate=f0_estimate,
            loudness_target=curve,
            loudness_estimate=curve + 1,
        )

    rows = [score(sure, f0 * 2 ** (1 / 12)), score(sure, f0 * 8), score(unsure, f0)]
    assert set(audio_metrics.evaluate(tone(220), tone(220), SAMPLE_RATE).values()) == {0.0}
    summary = audio_metrics.summarise(rows)
    assert summary["f0_l1_semitones"] == pytest.approx(1.0)
    assert summary["f0_outliers"] == pytest.approx(0.5)
    assert summary["loudness_l1_db"] == pytest.approx(1.0)
    assert summary["raw_chroma_accuracy"] == pytest.approx(2 / 3)
    assert summary["log_spectral_distance_db"] == 0.0


def test_voicing_is_that_of_mir_eval():
    rng = np.random.default_rng(2)
    target = np.where(rng.random(300) < 0.6, 220.0, 0.0)
    estimate = np.where(rng.random(300) < 0.7, 220.0, 0.0)
    times = np.arange(300) * 0.004
    expected = mir_eval.melody.evaluate(times, target, times, estimate)
    recall, false_alarm = audio_metrics.voicing(target, estimate)
    assert recall == pytest.approx(expected["Voicing Recall"])
    assert false_alarm == pytest.approx(expected["Voicing False Alarm"])
    assert audio_metrics.voicing(np.ones(4), np.ones(4))[0] == 1.0
    assert np.isnan(audio_metrics.voicing(np.ones(4), np.ones(4))[1])


def chord(*pitches, rate=SAMPLE_RATE):
    t = np.arange(rate) / rate
    tones = [440.0 * 2.0 ** ((pitch - 69) / 12) for pitch in pitches]
    return 0.1 * sum(np.sin(2 * np.pi * f * k * t) / k for f in tones for k in range(1, 9))


@pytest.mark.parametrize("pitches", [(69,), (48, 64), (57, 61, 64), (55, 62, 71, 76)])
@pytest.mark.parametrize("rate", [16000, 44100])
def test_the_notes_of_a_chord_are_found(pitches, rate):
    roll = multipitch.piano_roll(chord(*pitches, rate=rate), rate)
    assert roll.shape == (26, 128)
    assert [tuple(np.flatnonzero(frame)) for frame in roll[3:23]] == [pitches] * 20


def test_pitch_jaccard_counts_notes_in_common():
    major, minor = chord(57, 61, 64), chord(57, 60, 64)
    assert audio_metrics.pitch_jaccard(major, major, SAMPLE_RATE) == 0.0
    assert audio_metrics.pitch_jaccard(major, minor, SAMPLE_RATE) == pytest.approx(0.5, abs=0.05)
    assert audio_metrics.pitch_jaccard(major, chord(50, 67), SAMPLE_RATE) > 0.95
    assert np.isnan(audio_metrics.pitch_jaccard(np.zeros(9), np.zeros(9), SAMPLE_RATE))
    rolls = np.zeros((2, 4, 128), bool)
    rolls[0, :3, 60], rolls[1, 1:3, 60], rolls[1, 2, 64] = True, True, True
    assert jaccard_distance(*rolls) == pytest.approx(1 - (0 + 1 + 0.5) / 3)


def test_silence_and_what_is_quiet_beside_the_rest_hold_no_notes():
    audio = np.concatenate([chord(69), 1e-4 * chord(60), np.zeros(SAMPLE_RATE)])
    roll = multipitch.piano_roll(audio, SAMPLE_RATE)
    assert roll[2:23].any(axis=1).all() and not roll[27:].any()
    assert not multipitch.piano_roll(np.zeros(0), SAMPLE_RATE).any()


def test_every_figure_says_which_way_is_better():
    f0, curve = np.full(50, 220.0), np.linspace(-40, -20, 50)
    everything = audio_metrics.evaluate(
        tone(220),
        tone(221),
        SAMPLE_RATE,
        f0_target=f0,
        confidence_target=f0 / 220,
        f0_estimate=f0,
        loudness_target=curve,
        loudness_estimate=curve,
    )
    assert everything.keys() == FIGURES.keys()
    assert {figure.better for figure in FIGURES.values()} == {"lower", "higher"}
    for name, figure in FIGURES.items():
        best = 1.0 if figure.better == "higher" else 0.0
        # Equal to what it is compared with, every figure takes its best value.
        equal = audio_metrics.evaluate(
            tone(220),
            tone(220),
            SAMPLE_RATE,
            f0_target=np.append(f0, 0.0),
            confidence_target=np.ones(51),
            f0_estimate=np.append(f0, 0.0),
            loudness_target=curve,
            loudness_estimate=curve,
        )
        assert equal[name] == pytest.approx(best, abs=1e-6), name


def test_frechet_distance_of_independent_normal_distributions():
    """Of diagonal covariances it is the squared distance of the means and of the deviations."""
    rng = np.random.default_rng(3)
    a = rng.normal([0.0, 1.0], [1.0, 2.0], (100_000, 2))
    b = rng.normal([3.0, 1.0], [2.0, 5.0], (100_000, 2))
    assert audio_metrics.frechet_distance(a, b) == pytest.approx(9.0 + 1.0 + 9.0, rel=0.02)
    assert audio_metrics.frechet_distance(a, a[::-1]) == pytest.approx(0.0, abs=1e-6)
    assert np.isnan(audio_metrics.frechet_distance(a, a[:0]))


def test_half_to_half_is_the_distance_of_random_halves():
    """Of the recordings -1, -1 and 1, 1, a third of the splits keep like with like: 4; others 0."""
    recordings = [np.full((3, 2), value) * [1.0, 0.0] for value in (-1.0, -1.0, 1.0, 1.0)]
    assert audio_metrics.half_to_half(recordings, splits=600) == pytest.approx(4.0 / 3.0, rel=0.2)
    assert audio_metrics.half_to_half(recordings) == audio_metrics.half_to_half(recordings)
    assert np.isnan(audio_metrics.half_to_half([recordings[0], np.zeros((0, 2))]))


def test_jumps_that_the_input_does_not_have():
    f0 = np.repeat([220.0, 330.0], 100)  # a fifth up, at 100 frames a second
    assert audio_metrics.pitch_jumps(f0, 2.0 * f0, 100) == 0.0  # an octave higher throughout
    assert (
        audio_metrics.pitch_jumps(f0, np.roll(f0, 3)[3:], 100) == 0.0
    )  # the tracker a little late
    chirp = f0.copy()
    chirp[40] *= 2.0  # up and down again
    assert audio_metrics.pitch_jumps(f0, chirp, 100) == pytest.approx(2 / 2.0)
    near = f0.copy()
    near[97] *= 2.0  # one of these two is taken for the fifth, which comes on top
    assert audio_metrics.pitch_jumps(f0, near, 100) == pytest.approx(2 / 2.0)
    within = f0 * 2.0 ** (np.sin(np.arange(200)) * 0.4 / 12)  # vibrato
    assert audio_metrics.pitch_jumps(f0, within, 100) == 0.0


def test_jumps_across_a_consonant():
    f0 = np.repeat([220.0, 0.0, 330.0], [100, 20, 80])
    through = np.repeat([220.0, 330.0], [110, 90])
    assert audio_metrics.pitch_jumps(f0, through, 100) == 0.0
    through[105] = 660.0  # a chirp on the way
    assert audio_metrics.pitch_jumps(f0, through, 100) == pytest.approx(2 / 2.0)
    assert audio_metrics.pitch_jumps(f0, f0, 100) == 0.0
    assert audio_metrics.pitch_jumps(np.zeros(200), through, 100) == pytest.approx(3 / 2.0)
    assert np.isnan(audio_metrics.pitch_jumps(f0, np.zeros(200), 100))


def test_breaths_that_sound():
    f0 = np.repeat([220.0, 0.0, 0.0, 0.0], 50)
    loudness = np.repeat([-20.0, -45.0, -45.0, -75.0], 50)  # a note, two breaths, silence
    output = np.repeat([-10.0, -30.0, -60.0, -30.0], 50)
    assert audio_metrics.sounding_breaths(f0, loudness, output) == pytest.approx(0.5)
    assert audio_metrics.sounding_breaths(f0, loudness, output - 40.0) == pytest.approx(0.5)
    assert audio_metrics.sounding_breaths(f0, loudness, np.repeat([-10.0, -41.0], [50, 150])) == 0.0
    assert np.isnan(audio_metrics.sounding_breaths(np.full(200, 220.0), loudness, output))
    assert np.isnan(audio_metrics.sounding_breaths(np.zeros(200), loudness, output))
