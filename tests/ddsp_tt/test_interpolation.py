"""Mixtures of two recordings' features, and whether what is played obeys them."""

import commands
import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.files import io
from ddsp_tt.configurables import models
from ddsp_tt.evaluation import interpolation, scoring
from ddsp_tt.features.rates import DEFAULT_RATES
from ddsp_tt.trained import catalogue, loading


def recording(n_frames, f0_hz, loudness_db, confidence, z):
    return {
        "f0_hz": np.full(n_frames, f0_hz, "float32"),
        "f0_confidence": np.full(n_frames, confidence, "float32"),
        "loudness_db": np.full(n_frames, loudness_db, "float32"),
        "z": np.full((n_frames, 3), z, "float32"),
        "audio": np.zeros(n_frames * 64, "float32"),
    }


ONE = recording(100, 220.0, -40.0, 0.9, 0.0)
OTHER = recording(80, 880.0, -20.0, 0.7, 2.0)


@pytest.mark.parametrize(
    ("task", "changed", "value"),
    [("loudness", "loudness_db", -25.0), ("f0", "f0_hz", 220.0 * 2**1.5), ("z", "z", 1.5)],
)
def test_one_feature_moves_and_the_others_stay(task, changed, value):
    mixed = interpolation.mix(ONE, OTHER, task, 0.75)
    assert set(mixed) == {"f0_hz", "f0_confidence", "loudness_db", "z"}
    for key, x in mixed.items():
        assert len(x) == 80
        if key == changed:
            np.testing.assert_allclose(x, value, rtol=1e-5)
        elif (key, task) == ("f0_confidence", "f0"):
            np.testing.assert_array_equal(x, OTHER[key][:80])
        else:
            np.testing.assert_array_equal(x, ONE[key][:80])


def test_ends_are_the_recordings():
    start = interpolation.mix(ONE, OTHER, "f0", 0.0)
    np.testing.assert_allclose(start["f0_hz"], 220.0, rtol=1e-6)
    same = interpolation.mix(ONE, OTHER, interpolation.RECONSTRUCTION, 0.0)
    np.testing.assert_array_equal(same["z"], ONE["z"][:80])


def test_what_is_played_is_compared_with_what_was_asked_for(melody):
    trained = loading.load(catalogue.folder("flute"))
    assert interpolation.tasks_of(trained.model) == ["reconstruction", "loudness", "f0"]
    measured = interpolation.measure(trained, melody)
    lower = {**measured, "f0_hz": measured["f0_hz"] * 2.0 ** (-4 / 12)}
    tracker = scoring.Tracker(frame_rate=50, capacity="tiny")
    wanted = interpolation.mix(measured, lower, "f0", 0.5)
    window, figures = interpolation.play(trained, wanted, tracker)
    assert figures["f0_l1_semitones"] < 0.3 and figures["f0_outliers"] == 0.0
    soft = {**wanted, "loudness_db": np.maximum(wanted["loudness_db"] - 15.0, -80.0)}
    softer, _ = interpolation.play(trained, soft, tracker)
    assert np.median(softer.loudness) < np.median(window.loudness) - 8.0
    assert window.audio.shape == (len(melody),)


def test_a_model_with_an_encoder_has_z(small_gin, melody):
    settings.parse_gin((small_gin, "ddsp/small_ae.gin"))
    keras.utils.set_random_seed(0)
    trained = loading.TrainedModel("small", loading.build(models.get_model()), None)
    measured = interpolation.measure(trained, melody[:16000], method="yin")
    assert interpolation.tasks_of(trained.model)[-1] == "z"
    assert measured["z"].shape == (16000 // DEFAULT_RATES.hop_length, 16)


def test_means_are_of_tasks():
    rows = [
        {"pair": "a", "task": "f0", "weight": 0.5, "loudness_l1_db": 1.0, "f0_outliers": np.nan},
        {"pair": "a", "task": "f0", "weight": 1.0, "loudness_l1_db": 3.0, "f0_outliers": 1.0},
        {"pair": "a", "task": "z", "weight": 1.0, "loudness_l1_db": 5.0, "f0_outliers": 0.0},
    ]
    assert interpolation.summarise(rows) == [
        {"task": "f0", "loudness_l1_db": 2.0, "f0_outliers": 1.0},
        {"task": "z", "loudness_l1_db": 5.0, "f0_outliers": 0.0},
    ]


def test_magentas_own_gin_is_passed_over_and_pairs_of_one_name_are_told_apart(tmp_path, melody):
    """What only its package has is left unset, as in the other commands that play and measure."""
    code = """
from audio_tt.command import app
from ddsp_tt import interpolate
from ddsp_tt.evaluation import interpolation, tables

interpolation.tasks_of = lambda model: [interpolation.RECONSTRUCTION]
interpolation.measure = lambda *audio, **options: None
interpolation.mix = lambda *pair: None
interpolation.play = lambda *wanted: (None, {"f0_outliers": 0.0})
tables.write_mixture = lambda window, stem: print(stem)
app.run(interpolate.main)
"""
    for name in ("x/a.wav", "y/a.wav", "b.wav"):
        io.write(tmp_path / name, melody[:1000], 16000)
    (tmp_path / "foreign.gin").write_text("import ddsp\nTWMEvaluator.noisy = True\n")
    words = [f"--model={catalogue.folder('flute')}", "--source=x/a.wav,y/a.wav"]
    words += ["--target=b.wav,b.wav", "--output_dir=out", "--gin_file=foreign.gin"]
    result = commands.run("-c", code, *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    written = [line for line in result.stdout.splitlines() if line.startswith("out/")]
    assert written == [f"out/{name}_a_to_b_reconstruction_0" for name in "xy"]
