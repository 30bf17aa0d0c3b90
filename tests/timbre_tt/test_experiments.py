"""Variations: found, trained by commands of their own, gone on with, and set side by side."""

import csv
import json
import sys

import h5py
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.settings import gin_folder
from timbre_tt.variations import launching, summary

# Writes two rows of a history as a training does; the second start adds one.
TRAINING = """
import pathlib, sys, time
run = pathlib.Path(sys.argv[1])
run.mkdir(exist_ok=True)
history = run / "history.csv"
rows = history.read_text().splitlines() if history.exists() else ["step,loss"]
for step in [1, 2] if len(rows) == 1 else [len(rows)]:
    rows.append(f"{10 * step},{float(sys.argv[2]) / step}")
    history.with_suffix(".new").write_text("\\n".join(rows) + "\\n")
    history.with_suffix(".new").rename(history)
    time.sleep(0.3)
"""


def stub(variation, words):
    if variation.name == "broken":
        return [sys.executable, "-c", "import sys; sys.exit('error: no data')"]
    loss = {"one": "8", "two": "4"}[variation.name]
    return [sys.executable, "-c", TRAINING, str(variation.runs / variation.name), loss]


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "ddsp"
    folder.mkdir()
    for name in ("one", "two", "broken"):
        (folder / f"{name}.gin").write_text("include 'ddsp/small.gin'\n")
    return folder


def test_trainings_side_by_side_are_gone_on_with_and_fill_one_table(files, tmp_path):
    names = [str(files / f"{name}.gin") for name in ("one", "broken", "two")]
    variations = launching.find(names, tmp_path / "runs")
    problems = launching.train(variations, jobs=3, command=stub)
    assert {v.name: problem for v, problem in problems.items()} == {"broken": "no data"}
    one, two = (v for v in variations if v.name != "broken")
    # Ten steps between rows, 0.3 s apart on an idle machine.
    assert 0.02 < (first_time := one.step_seconds) < 0.2
    assert not launching.train([one], command=stub)
    assert one.step_seconds == first_time  # a single row has no pace of its own
    for variation in (one, two):
        with h5py.File(variation.run / "model.h5", "w") as file:
            file["a/kernel"], file["a/bias"] = np.zeros((3, 5)), np.zeros(5)
    report = one.run / "evaluation" / "evaluation.json"
    report.parent.mkdir()
    report.write_text('{"overall": {"loudness_l1_db": 1.5}}')
    text = summary.write(variations, tmp_path / "runs")
    assert "held-out" not in text and "| one | 30 |" in text and "Loudness L1 (dB)" in text
    rows = list(csv.DictReader((tmp_path / "runs" / "experiments.csv").open()))
    assert [(r["variation"], r["step"], float(r["loss"])) for r in rows] == [
        ("one", "30", 8 / 3),
        ("two", "20", 2.0),
    ]
    assert {r["parameters"] for r in rows} == {"20"}
    assert [r["loudness_l1_db"] for r in rows] == ["1.5", ""]
    assert (tmp_path / "runs" / "experiments.png").stat().st_size > 1000
    assert (tmp_path / "runs" / "experiments.md").read_text() == text + "\n"


def test_each_system_is_trained_by_its_own_command(tmp_path):
    variations = launching.find(
        ["ddsp/ablations/noise.gin", "autoencoder/corrupted.gin", "pix2pix/shallow.gin"], tmp_path
    )
    commands = [variation.command(["--gpu=-1"]) for variation in variations]
    assert [command[2:4] for command in commands] == [
        ["ddsp_tt.run", f"--run_dir={tmp_path / 'noise'}"],
        ["autoencoder_tt.train", f"--run_dir={tmp_path / 'corrupted'}"],
        ["pix2pix_tt.train", f"--models_path={tmp_path / 'shallow'}"],
    ]
    assert commands[0][4:] == [f"--gin_file={variations[0].settings}", "--gpu=-1"]


def test_the_system_of_a_file_elsewhere_is_that_of_what_it_includes(tmp_path):
    (tmp_path / "mine.gin").write_text("# Mine.\ninclude 'pix2pix/small.gin'\n")
    assert launching.find([tmp_path / "mine.gin"], tmp_path)[0].system == "pix2pix"


def test_what_cannot_be_trained_is_refused(files, tmp_path):
    (tmp_path / "none.gin").write_text("x = 1\n")
    with pytest.raises(UserError, match="is of no system"):
        launching.find([tmp_path / "none.gin"], tmp_path)
    with pytest.raises(UserError, match="style_tt.evaluate"):
        launching.find(["style/relu.gin"], tmp_path)
    with pytest.raises(UserError, match="share a run directory"):
        launching.find([files / "one.gin", files / ".." / "ddsp" / "one.gin"], tmp_path)


def test_what_was_trained_since_is_measured_again(files, tmp_path):
    (variation,) = launching.find([files / "one.gin"], tmp_path)
    assert variation.evaluation([]) is None
    report = variation.run / "evaluation" / "evaluation.json"
    report.parent.mkdir(parents=True)
    report.write_text(json.dumps({"overall": {}}))
    with h5py.File(variation.run / "model.h5", "w") as file:
        file["kernel"] = np.zeros(1)
    words = variation.evaluation(["--gin_param=train.num_steps=3", "--data_dir=x"])
    assert words[3:] == [f"--run_dir={variation.run}", "--data_dir=x", "--mode=eval"]


def test_each_ablation_changes_one_thing_of_the_small_model():
    files = sorted((gin_folder() / "ddsp" / "ablations").glob("*.gin"))
    assert [file.stem for file in files] == [
        "f0_confidence",
        "layers",
        "loss_windows",
        "noise",
        "reverb",
        "units",
    ]
    found = launching.find(["ddsp/ablations/*.gin"], "runs")
    assert [variation.settings for variation in found] == files
    for file in files:
        text = file.read_text("utf-8")
        assert "aper" in text.splitlines()[0] and "include 'ddsp/small.gin'" in text
