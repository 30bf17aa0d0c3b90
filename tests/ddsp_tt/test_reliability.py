"""Frames without one sure pitch are marked, and do not count in the loss."""

import keras
import numpy as np
import pytest

from audio_tt import settings
from ddsp_tt.configurables import models
from ddsp_tt.data import example_files
from ddsp_tt.features import reliability
from ddsp_tt.features.rates import Rates

RATE, FRAME_RATE = 16000, 250


def tone(hz, seconds=1.0):
    time = np.arange(round(seconds * RATE)) / RATE
    return sum(np.sin(2 * np.pi * hz * k * time) / k for k in range(1, 9)).astype("float32") * 0.1


def weight_of(audio, confidence=0.9, loudness_db=0.0):
    frames = len(audio) * FRAME_RATE // RATE
    confidence, loudness_db = (
        np.broadcast_to(np.float32(x), (frames,)) for x in (confidence, loudness_db)
    )
    return reliability.frame_weight(audio, confidence, loudness_db, FRAME_RATE)


def test_double_stops_do_not_count():
    melody = np.concatenate([tone(294.0), tone(294.0) + tone(415.3), tone(415.3)])
    weight = weight_of(melody)
    assert weight.shape == (750,)
    assert (weight[:200] == 1).all() and (weight[550:] == 1).all()
    assert (weight[300:450] == 0).all()
    assert np.abs(np.diff(weight)).max() < 0.25


def test_long_doubt_does_not_count_but_that_of_an_onset_does():
    confidence = np.full(750, 0.9)
    confidence[100:112] = 0.1
    confidence[400:500] = 0.1
    weight = weight_of(tone(294.0, 3.0), confidence)
    assert (weight[:350] == 1).all() and (weight[405:495] == 0).all() and (weight[550:] == 1).all()


def test_rests_count():
    loudness_db = np.zeros(750)
    loudness_db[300:] = -60.0
    weight = weight_of(np.append(tone(294.0), np.zeros(2 * RATE, "float32")), 0.9, loudness_db)
    assert (weight == 1).all()
    confidence = np.where(loudness_db < 0, 0.0, 0.9)
    assert (weight_of(tone(294.0, 3.0), confidence, loudness_db) == 1).all()


@pytest.fixture
def half_good(tmp_path):
    """A folder with one example of which the second half does not count."""
    n_frames = 1000
    features = {key: np.full(n_frames, 300.0) for key in example_files.FEATURES}
    features["frame_weight"] = np.repeat([1.0, 0.0], n_frames // 2)
    example_files.save_example(tmp_path / "a_0000.npz", tone(300.0, 4.0), features, Rates())
    return tmp_path


def test_crops_hold_enough_that_counts(half_good):
    provider = example_files.CropProvider(str(half_good), 1.0, 64, weighted=True)
    weight = provider.batch(0)["frame_weight"]
    assert weight.shape == (64, 250) and provider.weighted_share == 0.5
    assert weight.mean(axis=1).min() >= 0.5 and weight.min() == 0.0
    assert "frame_weight" not in example_files.CropProvider(str(half_good), 1.0, 2).batch(0)


def test_what_does_not_count_changes_neither_loss_nor_gradient(small_gin):
    settings.parse_gin((small_gin,))
    model = models.get_model()
    (loss,) = model.loss_objs
    target = np.stack([tone(300.0)])
    weight = np.ones((1, 250), "float32")
    weight[:, 125:] = 0.0
    heard, other = (np.array(target) * gain for gain in (0.5, 0.5))
    other[:, 8200:] = np.random.default_rng(0).normal(size=(1, 7800))
    values = [
        float(
            model.compute_loss({"audio": target, "frame_weight": weight}, y_pred={"audio_synth": x})
        )
        for x in (heard, other)
    ]
    assert values[0] == pytest.approx(values[1], rel=1e-6)
    halves = float(loss(target[:, :8000], heard[:, :8000]))
    assert values[0] == pytest.approx(halves, rel=0.1)


def test_a_step_with_weights_leaves_finite_weights(small_gin, half_good):
    settings.parse_gin((small_gin,))
    model = models.get_model()
    provider = example_files.CropProvider(str(half_good), 0.5, 2, weighted=True)
    batch = provider.batch(0)
    batch["frame_weight"][:] = 0.0
    model(batch)
    model.compile(keras.optimizers.SGD(1e-3))
    model.train_on_batch(batch)
    assert all(np.isfinite(np.asarray(w)).all() for w in model.get_weights())
