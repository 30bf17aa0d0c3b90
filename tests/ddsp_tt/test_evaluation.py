"""Figures of a trained model, and the model folders that come with the package."""

import numpy as np
import pytest

from audio_tt.errors import UserError
from ddsp_tt import catalogue, evaluation, features, loading, postprocessing, transfer

FAST = evaluation.Tracker(frame_rate=100, capacity="tiny")


@pytest.fixture(scope="module")
def flute():
    return loading.load(catalogue.folder("flute"))


@pytest.fixture(scope="module")
def example(melody):
    return {"audio": melody, **features.extract(melody)}


def test_an_instrument_plays_what_it_is_given(flute, example):
    scores = evaluation.resynthesis(flute, [example], FAST)
    assert scores["raw_pitch_accuracy"] > 0.95
    assert scores["f0_l1_semitones"] < 0.3 and scores["f0_outliers"] == 0.0
    assert scores["loudness_l1_db"] < 6.0


def test_transfer_keeps_pitch_and_takes_the_timbre(flute, example):
    fitted, _ = postprocessing.adjust(example, flute.statistics)
    octaves = round(float(np.log2(fitted["f0_hz"][50] / example["f0_hz"][50])))
    back = transfer.Adjustment(octave_shift=-octaves)
    rendered = transfer.render(flute, example, len(example["audio"]), back)
    scores = evaluation.between(flute, [example], [rendered], FAST)
    assert scores["raw_pitch_accuracy"] > 0.95
    assert scores["frechet_to_target"] < 1e-3 < scores["frechet_to_source"]


def test_nothing_measured_is_silence(flute):
    assert not transfer.render(flute, None, 1234).any()
    assert len(transfer.render(flute, None, 1234)) == 1234


def test_the_same_seed_gives_the_same_sound(flute, example):
    one, two, other = (
        transfer.render(flute, example, len(example["audio"]), seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 0


def test_auto_adjust_brings_pitch_and_loudness_home(flute, example):
    soft = {**example, "loudness_db": np.maximum(example["loudness_db"] - 30.0, -80.0)}
    low = {**soft, "f0_hz": soft["f0_hz"] / 4.0}
    adjusted, mask_on = postprocessing.adjust(low, flute.statistics)
    notes = adjusted["loudness_db"][mask_on]
    assert abs(np.median(notes) - flute.statistics["mean_loudness_note"]) < 6.0
    assert np.median(adjusted["f0_hz"][mask_on]) > 300.0


@pytest.mark.parametrize("name", catalogue.instruments())
def test_each_included_model_is_whole_and_small(name):
    folder = catalogue.folder(name)
    assert (folder / "model.h5").stat().st_size <= 3_000_000
    trained = loading.load(folder)
    assert trained.name == name
    assert trained.statistics["quantile_transform"] is not None


def test_unknown_instrument_and_folder(tmp_path):
    with pytest.raises(UserError, match="no instrument is called 'kazoo'"):
        catalogue.folder("kazoo")
    with pytest.raises(UserError, match="no such folder"):
        loading.load(tmp_path / "nowhere")
    with pytest.raises(UserError, match="operative_config.gin is missing"):
        loading.load(tmp_path)
