import json

import numpy as np
import pytest

from audio_tt.errors import UserError
from ddsp_tt.features.fitting import adjust
from ddsp_tt.features.statistics import compute_statistics, load_json, save_json


def example(frames=300, pitch=440.0, loudness=-20.0, power=-30.0, confidence=1.0):
    """A note of the given pitch, then 20 frames that must not count."""
    values = {
        "f0_hz": np.full(frames, pitch),
        "f0_confidence": np.full(frames, confidence),
        "loudness_db": np.full(frames, loudness),
        "power_db": np.full(frames, power),
    }
    padding = {"f0_hz": 100.0, "f0_confidence": 0.0, "loudness_db": -80.0, "power_db": -99.0}
    return {name: np.append(x, np.full(20, padding[name])) for name, x in values.items()}


def test_figures_of_two_known_examples():
    high = example(pitch=880.0, loudness=-10.0, power=-20.0)
    high["loudness_db"][:100] = -70.0
    found = compute_statistics([example(), high])
    assert found["mean_pitch"] == pytest.approx(75)
    assert found["std_pitch"] == pytest.approx(6)
    assert (found["min_pitch"], found["max_pitch"]) == pytest.approx((69, 81))
    assert found["mean_power"] == pytest.approx(-25)
    assert found["min_power"] == -30
    assert found["mean_loudness"] == pytest.approx((-20 - 20 / 3 - 70 / 3) / 2)
    assert (found["min_loudness"], found["max_loudness"]) == (-70, -10)
    assert found["mean_min_loudness"] == pytest.approx(-45)
    assert found["mean_max_loudness"] == pytest.approx(-15)
    assert found["min_loudness_note"] == -20
    quantiles = found["quantile_transform"]
    assert (quantiles.quantiles[0], quantiles.quantiles[-1]) == (-20, -10)
    assert len(found) == 6 * 6 + 1


def test_short_and_uneven_examples_count():
    uneven = example(frames=30)
    uneven["power_db"] = uneven["power_db"][:-1]
    short = {name: x[:15] for name, x in example(pitch=880.0).items()}
    found = compute_statistics([uneven, short, {name: x[:0] for name, x in short.items()}])
    assert found["mean_pitch"] == pytest.approx((29 * 69 + 15 * 81) / 44)


def test_missing_pitch_does_not_pull_the_mean_down():
    half = example()
    half["f0_hz"][::2] = 0
    assert compute_statistics([half])["mean_pitch"] == pytest.approx(69)


def test_silence_without_pitch_is_finite():
    silence = example(pitch=0.0, loudness=-80.0, power=-80.0, confidence=0.0)
    silence["f0_hz"][:] = 0
    found = compute_statistics([silence])
    assert found["mean_pitch"] == found["mean_pitch_note"] == 0
    assert found["mean_loudness_note"] == -80
    assert all(np.isfinite(x) for name, x in found.items() if name != "quantile_transform")


def test_silent_example_adds_nothing_to_notes():
    silence = example(loudness=-80.0, power=-80.0, confidence=0.0)
    found = compute_statistics([example(), silence])
    assert found["mean_loudness"] == -50
    assert found["min_loudness_note"] == -20
    assert found["quantile_transform"].quantiles[0] == -20


def test_nothing_and_nonsense_are_refused():
    with pytest.raises(UserError, match="no frames"):
        compute_statistics([])
    broken = example()
    broken["power_db"][3] = np.nan
    with pytest.raises(UserError, match="power_db"):
        compute_statistics([broken])


def test_file_round_trip_serves_adjust(tmp_path):
    rising = example()
    rising["loudness_db"][:300] = np.linspace(-40, -20, 300)
    found = compute_statistics([rising])
    path = tmp_path / "a folder" / "statistics.json"
    save_json(found, path)
    again = load_json(path)
    assert [x.name for x in path.parent.iterdir()] == ["statistics.json"]
    table = again.pop("quantile_transform"), found.pop("quantile_transform")
    assert again == found
    np.testing.assert_array_equal(table[0].quantiles, table[1].quantiles)
    features = {name: x for name, x in example(pitch=110.0).items() if name != "power_db"}
    adjusted, mask = adjust(features, {**again, "quantile_transform": table[0]})
    np.testing.assert_allclose(adjusted["f0_hz"][mask], 440, rtol=1e-6)


def corrupt(table, change):
    if change == "missing":
        del table["mean_pitch"]
    elif change == "text":
        table["std_power"] = "loud"
    elif change == "no quantiles":
        table["quantile_transform"] = {"quantiles": [1.0]}
    elif change == "uneven":
        table["quantile_transform"]["references"].pop()
    elif change == "falling":
        table["quantile_transform"]["quantiles"].reverse()
    return table


@pytest.mark.parametrize("change", ["missing", "text", "no quantiles", "uneven", "falling"])
def test_wrong_tables_are_refused(tmp_path, change):
    rising = example()
    rising["loudness_db"][:300] = np.linspace(-40, -20, 300)
    path = tmp_path / "statistics.json"
    save_json(compute_statistics([rising]), path)
    path.write_text(json.dumps(corrupt(json.loads(path.read_text()), change)))
    with pytest.raises(UserError, match="holds no data set statistics"):
        load_json(path)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"[1, 2]", b"RIFF....WAVE"])
def test_wrong_files_are_refused(tmp_path, content):
    path = tmp_path / "statistics.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match="statistics.json: "):
        load_json(path)
