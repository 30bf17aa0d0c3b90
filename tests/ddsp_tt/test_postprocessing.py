from pathlib import Path

import numpy as np
import pytest

from ddsp_tt.features import fitting as post

GOLDEN = dict(np.load(Path(__file__).parents[1] / "golden" / "ddsp_post.npz"))


@pytest.fixture
def data_quantiles():
    return post.fit_quantiles(GOLDEN["q_ref"])


@pytest.fixture
def features():
    return {
        "f0_hz": post.midi_to_hz(GOLDEN["f0_midi"]).astype("float32"),
        "loudness_db": GOLDEN["loudness"].copy(),
        "f0_confidence": GOLDEN["conf"].copy(),
    }


@pytest.fixture
def statistics(data_quantiles):
    return {"mean_pitch": 72.0, "quantile_transform": data_quantiles}


@pytest.mark.parametrize("threshold", ["0.5", "1.0"])
def test_notes_are_magentas(threshold):
    mask, ratio = post.detect_notes(GOLDEN["loudness"], GOLDEN["conf"], float(threshold))
    np.testing.assert_array_equal(mask, GOLDEN[f"mask_on_{threshold}"])
    np.testing.assert_allclose(ratio, GOLDEN[f"ratio_{threshold}"], atol=3e-6)


@pytest.mark.parametrize(("size", "exponent"), [(3, 1), (40, 2)])
def test_smoothing_is_magentas(size, exponent):
    smooth = post._box_filter(GOLDEN["conf"].astype(float) ** exponent, size)
    np.testing.assert_allclose(smooth, GOLDEN[f"smooth{size}"], atol=1e-6)


def test_quantiles_are_scikit_learns(data_quantiles):
    np.testing.assert_allclose(data_quantiles.quantiles, GOLDEN["q_quantiles"][:, 0], atol=1e-5)
    np.testing.assert_allclose(data_quantiles.references, GOLDEN["q_references"], atol=1e-7)


def test_ranks_of_repeated_values_are_in_the_middle():
    transformer = post.fit_quantiles([0.0, 1, 1, 1, 2])
    np.testing.assert_allclose(
        transformer.transform([-9, 0, 0.5, 1, 2, 9]), [0, 0, 1 / 8, 0.5, 1, 1]
    )
    np.testing.assert_allclose(transformer.inverse_transform([0, 0.125, 0.5, 1]), [0, 0.5, 1, 2])


def test_quantiles_survive_json(data_quantiles):
    again = post.QuantileTransformer.from_dict(data_quantiles.to_dict())
    np.testing.assert_array_equal(again.quantiles, data_quantiles.quantiles)
    np.testing.assert_array_equal(again.references, data_quantiles.references)


def test_loudness_fit_is_magentas(data_quantiles):
    mask = GOLDEN["mask_on_1.0"]
    fitted = post.fit_quantile_transform(GOLDEN["loudness"], mask, data_quantiles)
    np.testing.assert_allclose(fitted, GOLDEN["loudness_norm"], atol=2e-5)


def test_tuning_is_magentas():
    tuning = post.get_tuning_factor(GOLDEN["f0_midi"], GOLDEN["conf"], GOLDEN["mask_on_1.0"])
    assert tuning == pytest.approx(float(GOLDEN["tuning_factor"]), abs=1e-6)


@pytest.mark.parametrize("chromatic", [0, 1])
@pytest.mark.parametrize("amount", ["0.5", "1.0"])
def test_autotune_is_magentas(chromatic, amount):
    tuned = post.auto_tune(
        GOLDEN["f0_midi"],
        float(GOLDEN["tuning_factor"]),
        GOLDEN["mask_on_1.0"],
        amount=float(amount),
        chromatic=bool(chromatic),
    )
    np.testing.assert_allclose(tuned, GOLDEN[f"autotune_chrom{chromatic}_{amount}"], atol=1e-5)


def test_autotune_finds_the_scale_across_octaves():
    f_major = np.array([41, 43, 45, 46, 48, 50, 52, 53, 76, 77, 5.0, 0])
    out_of_tune = f_major + 0.2 * np.cos(np.arange(12))
    tuned = post.auto_tune(out_of_tune, 0, np.ones(12, bool), amount=1.0)
    np.testing.assert_allclose(tuned, f_major, atol=1e-9)


def test_adjust_is_the_demo(features, statistics):
    adjusted, mask = post.adjust(features, statistics, loudness_fit="quantiles", quiet=20.0)
    np.testing.assert_array_equal(mask, GOLDEN["mask_on_1.0"])
    np.testing.assert_allclose(adjusted["loudness_db"], GOLDEN["loudness_norm_quiet20"], atol=3e-5)
    octaves = np.log2(adjusted["f0_hz"] / features["f0_hz"])
    wanted = np.ceil((72 - GOLDEN["f0_midi"][mask].mean()) / 12)
    np.testing.assert_allclose(octaves, wanted, atol=1e-5)


@pytest.mark.parametrize(("target", "octaves"), [(60, 0), (61, 1), (77, 2), (79, 1), (40, -1)])
def test_octave_rounding(statistics, target, octaves):
    """Up to 1.5 octaves round up, more round down."""
    features = {
        "f0_hz": np.full(200, post.midi_to_hz(60)),
        "loudness_db": np.linspace(-20, -10, 200),
        "f0_confidence": np.ones(200),
    }
    statistics["mean_pitch"] = target
    adjusted, _ = post.adjust(features, statistics)
    np.testing.assert_allclose(adjusted["f0_hz"], features["f0_hz"] * 2.0**octaves, rtol=1e-6)


def test_manual_shifts_come_last_and_pitch_is_limited(features, statistics):
    plain, _ = post.adjust(features, statistics)
    shifted, _ = post.adjust(features, statistics, octave_shift=1, loudness_shift=-6)
    np.testing.assert_allclose(shifted["loudness_db"], plain["loudness_db"] - 6, atol=1e-5)
    np.testing.assert_allclose(shifted["f0_hz"], 2 * plain["f0_hz"], rtol=1e-6)
    high, _ = post.adjust(features, statistics, octave_shift=9)
    assert high["f0_hz"].max() == pytest.approx(4698.64, abs=0.01)


@pytest.mark.parametrize("chromatic", [False, True])
def test_autotune_keeps_missing_pitch_missing(features, statistics, chromatic):
    features["f0_hz"][100:120] = 0
    adjusted, _ = post.adjust(features, statistics, autotune=1.0, chromatic=chromatic)
    np.testing.assert_array_equal(adjusted["f0_hz"] == 0, features["f0_hz"] == 0)
    tuning = post.hz_to_midi(adjusted["f0_hz"][:100]) % 1
    np.testing.assert_allclose((tuning + 0.5) % 1 - 0.5, 0, atol=0.02)
    assert np.ptp((tuning + 0.5) % 1) < 1e-4


@pytest.mark.parametrize("case", ["silent", "no_confidence", "off", "no_statistics"])
def test_only_manual_shifts_without_notes_or_on_request(features, statistics, case):
    if case == "silent":
        features["loudness_db"] = np.full(1000, -80.0)
    if case == "no_confidence":
        features["f0_confidence"] = np.zeros(1000)
    adjusted, _ = post.adjust(
        features,
        None if case == "no_statistics" else statistics,
        auto_adjust=case != "off",
        loudness_shift=3,
    )
    np.testing.assert_allclose(adjusted["loudness_db"], features["loudness_db"] + 3, atol=1e-5)
    np.testing.assert_allclose(adjusted["f0_hz"], features["f0_hz"], rtol=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 2, 39])
def test_any_length(features, statistics, frames):
    short = {name: values[:frames] for name, values in features.items()}
    adjusted, mask = post.adjust(short, statistics, threshold=0.0, autotune=1.0, chromatic=True)
    assert mask.shape == adjusted["f0_hz"].shape == adjusted["loudness_db"].shape == (frames,)
    assert all(np.isfinite(values).all() for values in adjusted.values())


def test_nonsense_in_is_finite_out(features, statistics):
    features["f0_hz"][::7] = np.nan
    features["loudness_db"][::5] = -np.inf
    features["f0_confidence"][::3] = np.nan
    adjusted, mask = post.adjust(features, statistics, threshold=0.2, autotune=0.5)
    assert mask.any()
    assert all(np.isfinite(values).all() for values in adjusted.values())


def test_high_threshold_never_makes_rests_louder(features, statistics):
    adjusted, mask = post.adjust(features, statistics, threshold=2.0, loudness_fit="quantiles")
    assert mask.any()
    assert (adjusted["loudness_db"][~mask] <= features["loudness_db"][~mask]).all()


def test_dynamics_keep_their_proportions(features, statistics):
    """One straight line through the notes, within its bounds; rests are turned down besides."""
    adjusted, mask = post.adjust(features, statistics)
    slope, offset = np.polyfit(features["loudness_db"][mask], adjusted["loudness_db"][mask], 1)
    assert post.STRETCH[0] <= slope <= post.STRETCH[1]
    line = slope * features["loudness_db"] + offset
    np.testing.assert_allclose(adjusted["loudness_db"][mask], line[mask], atol=1e-3)
    assert (adjusted["loudness_db"] <= line + 1e-3).all()


@pytest.mark.parametrize(("spread_db", "kept_db"), [(0.0, 0.0), (1.0, 1.25), (100.0, 50.0)])
def test_a_range_is_stretched_and_squeezed_within_bounds(statistics, spread_db, kept_db):
    features = {
        "f0_hz": np.full(300, 440.0),
        "loudness_db": -30.0 + spread_db * np.linspace(-0.5, 0.5, 300),
        "f0_confidence": np.ones(300),
    }
    statistics["quantile_transform"] = post.fit_quantiles(np.linspace(-40, 0, 100))
    adjusted, mask = post.adjust(features, statistics, threshold=0.0)
    assert mask.all()
    assert np.ptp(adjusted["loudness_db"]) == pytest.approx(kept_db, abs=0.01)
    assert np.median(adjusted["loudness_db"]) == pytest.approx(-20.0, abs=0.01)


def test_what_is_as_loud_as_the_notes_is_no_rest(features, statistics):
    features["loudness_db"][:] = -20.0
    features["f0_confidence"][:] = 0.95
    features["f0_confidence"][500:] = 0.1
    features["loudness_db"][800:] = -60.0
    adjusted, mask = post.adjust(features, statistics)
    assert mask[30:470].all() and not mask[530:].any()
    np.testing.assert_allclose(adjusted["loudness_db"][530:800], adjusted["loudness_db"][99])
    unfit = adjusted["loudness_db"][99] + post.STRETCH[1] * -40.0
    assert (adjusted["loudness_db"][820:] < unfit - 5.0).all()


@pytest.mark.parametrize("chromatic", [False, True])
@pytest.mark.parametrize("cents", [-45, 30])
def test_autotune_takes_the_players_own_offset_away_first(statistics, chromatic, cents):
    scale = np.repeat([60, 62, 64, 65, 67, 69, 71, 72], 100)
    waver = 0.12 * np.sin(np.arange(800))
    features = {
        "f0_hz": post.midi_to_hz(scale + cents / 100 + waver),
        "loudness_db": np.full(800, -20.0),
        "f0_confidence": np.ones(800),
    }
    for amount in (0.5, 1.0):
        adjusted, _ = post.adjust(
            features, statistics, autotune=amount, chromatic=chromatic, keep_octave=True
        )
        left = post.hz_to_midi(adjusted["f0_hz"]) - scale
        np.testing.assert_allclose(left, (1 - amount) * (cents / 100 + waver), atol=0.02)


def test_other_features_pass_and_the_input_stays(features, statistics):
    before = {name: values.copy() for name, values in features.items()}
    adjusted, _ = post.adjust({**features, "z": "kept"}, statistics)
    assert adjusted["z"] == "kept"
    for name, values in before.items():
        np.testing.assert_array_equal(features[name], values)
