"""Figures of a trained model, and the model folders that come with the package."""

import csv
import json

import commands
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from audio_tt.files import io
from ddsp_tt.data import example_files, held_out
from ddsp_tt.evaluation import evaluators, scoring, tables
from ddsp_tt.features import extraction, fitting
from ddsp_tt.features.rates import DEFAULT_RATES
from ddsp_tt.playing.adjustment import Adjustment
from ddsp_tt.playing.player import DdspPlayer
from ddsp_tt.trained import catalogue, loading

FAST = scoring.Tracker(frame_rate=100, capacity="tiny")


@pytest.fixture(scope="module")
def flute():
    return loading.load(catalogue.folder("flute"))


@pytest.fixture(scope="module")
def example(melody):
    return {"audio": melody, **extraction.extract(melody)}


def played(trained, example, *adjustment, **options):
    player = DdspPlayer(trained, *adjustment, **options)
    return np.concatenate(list(player.play_features(example, len(example["audio"]))))


def test_an_instrument_plays_what_it_is_given(flute, example):
    scores = scoring.resynthesis(flute, [example], FAST)
    assert scores["raw_pitch_accuracy"] > 0.95
    assert scores["f0_l1_semitones"] < 0.3 and scores["f0_outliers"] == 0.0
    assert scores["loudness_l1_db"] < 6.0


def test_transfer_keeps_pitch_and_takes_the_timbre(flute, example):
    rendered = played(flute, example, Adjustment(keep_octave=True))
    scores = scoring.between(flute, [example], [rendered], FAST)
    assert scores["raw_pitch_accuracy"] > 0.95
    assert scores["frechet_to_target"] < 1e-3 < scores["frechet_to_source"]


@pytest.mark.parametrize("moved", [0, 1, -1, -2, 3])
def test_a_melody_moves_no_further_than_the_instrument_needs(flute, example, moved):
    """The flute begins at MIDI 60; the melody has 67 to 72."""
    example = {**example, "f0_hz": example["f0_hz"] * 2.0**moved}
    adjusted = Adjustment().apply(example, flute)
    octaves = np.log2(adjusted["f0_hz"] / example["f0_hz"])
    assert np.allclose(octaves, {0: 0, 1: 0, -1: 1, -2: 2, 3: -2}[moved], atol=1e-4)


def test_what_training_held_out_is_judged(example, tmp_path):
    for name in ("a", "b", "c", "d"):
        example_files.save_example(
            tmp_path / "all" / f"{name}_0a_0000.npz", example["audio"], example
        )
    example_files.save_example(tmp_path / "apart" / "e_0a_0000.npz", example["audio"], example)
    everything, apart = tmp_path / "all", tmp_path / "apart"

    def names(*arguments):
        return {name for name, _ in held_out.of_training(*arguments).pairs}

    (held,) = example_files.split(example_files.find_examples(everything), 0.25)[1]
    assert names(everything, None, 0.25) == {held.stem.rsplit("_", 1)[0]}
    assert names(everything, apart, 0.25) == names(None, apart, 0.0) == {"e_0a"}
    assert len(names(everything, None, 0.0)) == 4
    assert held_out.of_training(None, None, 0.25) is None


def test_the_same_seed_gives_the_same_sound(flute, example):
    one, two, other = (played(flute, example, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one - other).max() > 0


def test_auto_adjust_brings_pitch_and_loudness_home(flute, example):
    soft = {**example, "loudness_db": np.maximum(example["loudness_db"] - 30.0, -80.0)}
    low = {**soft, "f0_hz": soft["f0_hz"] / 4.0}
    adjusted, mask_on = fitting.adjust(low, flute.statistics)
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
    with pytest.raises(UserError, match="model.h5 is missing"):
        loading.load(tmp_path)


@pytest.fixture(scope="module")
def report(flute, example, tmp_path_factory):
    folder = tmp_path_factory.mktemp("held out")
    short = {key: x[: len(x) // 2] for key, x in example.items() if key != "rates"}
    for name, stretch in (("one_0000", example), ("one_0001", short), ("two_0000", short)):
        example_files.save_example(folder / f"{name}.npz", stretch["audio"], stretch)
    tracker = scoring.Tracker(frame_rate=50, capacity="tiny")
    return scoring.evaluate(flute, held_out.prepared(folder), tracker, example_secs=1.0)


def test_figures_are_of_windows_then_recordings_then_all(report):
    assert [row["recording"] for row in report["examples"]] == ["one"] * 4 + ["two"]
    assert [row["start"] for row in report["examples"]] == [0.0, 1.0, 2.0, 3.0, 0.0]
    one, two = report["recordings"]
    assert (one["examples"], one["seconds"], two["seconds"]) == (4, 4.0, 1.0)
    for figure, limit in (("loudness_l1_db", 6.0), ("f0_l1_semitones", 0.5)):
        values = [row[figure] for row in report["examples"]]
        assert report["overall"][figure] == pytest.approx(np.mean(values))
        assert np.mean(values) < limit
    parts = one["spectral_loss_mag"] + one["spectral_loss_logmag"]
    assert one["spectral_loss"] == pytest.approx(parts)
    assert report["overall"]["f0_outliers"] == 0.0


def test_a_report_is_table_csv_json_and_plot(report, tmp_path):
    report["examples"][0]["f0_l1_semitones"] = float("nan")
    paths = tables.save(report, tmp_path / "out", {"model": "flute"})
    with open(paths[0], newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["recording"] for row in rows] == ["one", "two", tables.OVERALL]
    content = json.loads(paths[1].read_text())
    assert content["settings"] == {"model": "flute"}
    assert content["examples"][0]["f0_l1_semitones"] is None
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        path.name for path in paths
    )
    lines = tables.as_markdown(tables.rows(report)).splitlines()
    assert lines[0].startswith(
        "| recording | seconds | examples | spectral loss | Loudness L1 (dB)"
    )
    assert lines[-1].startswith("| all | 5 | 5 |")


def window(f0_target, f0, confidence=1.0):
    frames = np.ones(100)
    return scoring.Window(
        target=np.zeros(6400),
        audio=np.zeros(6400),
        rates=DEFAULT_RATES,
        loudness_target=frames,
        loudness=frames - 3.0,
        f0_target=f0_target * frames,
        confidence=confidence * frames,
        f0=f0 * frames,
    )


def test_outliers_are_counted_and_left_out_of_the_distance():
    evaluator = evaluators.F0LdEvaluator()
    near = evaluator.evaluate(window(440.0, 466.1638))
    assert near["f0_l1_semitones"] == pytest.approx(1.0, abs=1e-3)
    assert (near["f0_outliers"], near["loudness_l1_db"]) == (0.0, 3.0)
    far = evaluator.evaluate(window(440.0, 110.0))
    assert np.isnan(far["f0_l1_semitones"]) and far["f0_outliers"] == 1.0
    unsure = evaluator.evaluate(window(440.0, 440.0, confidence=0.8))
    assert np.isnan(unsure["f0_outliers"]) and np.isnan(unsure["f0_l1_semitones"])
    assert set(evaluators.F0LdEvaluator(run_f0_crepe=False).evaluate(window(440.0, 440.0))) == {
        "loudness_l1_db"
    }


def test_magentas_own_gin_chooses_what_is_measured(tmp_path, flute, example):
    """With a name that does not exist here, and without CREPE where the losses are enough."""
    foreign = tmp_path / "basic_and_more.gin"
    foreign.write_text(
        "evaluators = [\n    @BasicEvaluator,\n    @TWMEvaluator\n]\n"
        "evaluate.evaluator_classes =  %evaluators\nsample.evaluator_classes = %evaluators\n"
        "evaluate.num_batches = 4\nTWMEvaluator.noisy = True\n"
    )
    settings.parse_gin((foreign,), foreign=(foreign,))
    one = held_out.Stretches(1, iter([("one", example)]))
    report = scoring.evaluate(flute, one, tracker=None)
    assert set(report["overall"]) == {
        "spectral_loss",
        "spectral_loss_mag",
        "spectral_loss_logmag",
    }
    one = held_out.Stretches(1, iter([("one", example)]))
    paths = scoring.sample(flute, tmp_path, one)
    assert [path.name for path in paths] == [
        f"one_{kind}.{end}" for kind in ("original", "generated") for end in ("wav", "png")
    ]
    assert io.info(paths[2]).duration == pytest.approx(len(example["audio"]) / 16000)
    settings.parse_gin(("ddsp/eval/basic_f0_ld.gin",))
    one = held_out.Stretches(1, iter([("one", example)]))
    (curves,) = scoring.sample(flute, tmp_path, one, FAST)[4:]
    assert curves.name == "one_curves.png" and curves.is_file()
    settings.parse_gin()


def test_recordings_are_measured_a_minute_at_a_time(tmp_path, melody):
    for name in ("a/solo.wav", "b/solo.wav", "b/solo.flac"):
        io.write(tmp_path / name, melody, 16000)
    stretches = held_out.recordings([tmp_path], method="yin")
    pairs = list(stretches.pairs)
    assert stretches.total == 3
    assert [name for name, _ in pairs] == ["a_solo", "b_solo", "b_solo.wav"]
    assert set(pairs[0][1]) == {"rates", "audio", "audio_16k", *example_files.FEATURES}
    with pytest.raises(UserError, match="nothing to evaluate on: give --data_dir"):
        scoring.evaluate(None)


def test_a_folder_is_measured_but_for_what_cannot_be_read(tmp_path, melody):
    io.write(tmp_path / "in" / "good.wav", melody[:16000], 16000)
    (tmp_path / "in" / "broken.wav").write_text("no sound")
    words = [f"--model={catalogue.folder('flute')}", "--input=in", "--output_dir=out"]
    words += ["--gin_file=ddsp/eval/basic.gin", "--f0_method=yin"]
    result = commands.run("ddsp_tt.evaluate", *words, cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1 and "broken.wav" in errors[0]
    assert "good" in (tmp_path / "out" / "evaluation.csv").read_text()
