"""Trainings that the page begins, watches, stops and goes on with."""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from timbre_tt.page import loss_curve
from timbre_tt.page.training import Workshop

APPRENTICE = (sys.executable, str(Path(__file__).with_name("apprentice.py")))


@pytest.fixture
def workshop(tmp_path, monkeypatch):
    monkeypatch.setenv("TIMBRE_TT_HOME", str(tmp_path / "home"))
    workshop = Workshop(command=APPRENTICE)
    yield workshop
    workshop.close()


@pytest.fixture
def take(tmp_path):
    (tmp_path / "takes").mkdir()
    soundfile.write(tmp_path / "takes" / "take.wav", np.zeros(1600), 16000)
    return tmp_path / "takes" / "take.wav"


def wait_for(workshop, name, ready):
    for _ in range(1000):
        state = workshop.state(name)
        if ready(state):
            return state
        time.sleep(0.02)
    raise AssertionError(state)


def flags(workshop, name):
    return json.loads((workshop.root / name / "flags.json").read_text())


def test_a_training_is_watched_stopped_and_gone_on_with(workshop, take):
    assert workshop.names() == []
    workshop.begin("my_sax", [take], steps=100)
    state = wait_for(workshop, "my_sax", lambda state: state.steps == 40)
    assert state.running and not state.is_done and state.total == 100
    assert state.history == [{"step": 20, "loss": 9.5}, {"step": 40, "loss": 7.25, "val_loss": 8.0}]
    ((step, sample),) = state.samples
    assert step == 40 and sample.name == "resynthesis.wav"
    with pytest.raises(UserError, match="my_sax is being trained; stop it first"):
        workshop.begin("other", [take])
    workshop.stop("my_sax")
    stopped = workshop.state("my_sax")
    assert not stopped.running and not stopped.problem and stopped.steps == 40
    workshop.begin("my_sax", steps=40)  # with the recordings that it has
    done = wait_for(workshop, "my_sax", lambda state: not state.running)
    assert done.is_done and workshop.names() == ["my_sax"]
    recordings = workshop.root / "my_sax" / "recordings"
    assert f"--audio_dir={recordings}" in flags(workshop, "my_sax")
    assert f"--work_dir={workshop.root / 'my_sax'}" in flags(workshop, "my_sax")
    assert [path.suffix for path in recordings.iterdir()] == [".wav"]


def test_uploads_of_one_name_are_kept_apart_and_the_same_one_once(workshop, take, tmp_path):
    soundfile.write(tmp_path / "take.wav", np.ones(1600) / 2, 16000)
    workshop.begin("mine", [take, tmp_path / "take.wav", take], steps=40)
    recordings = sorted((workshop.root / "mine" / "recordings").iterdir())
    assert [soundfile.read(path)[0].max() > 0 for path in recordings].count(True) == 1
    assert len(recordings) == 2


def test_a_folder_is_read_where_it_is(workshop, take):
    workshop.begin("mine", folder=str(take.parent), steps=40)
    wait_for(workshop, "mine", lambda state: state.is_done)
    assert f"--audio_dir={take.parent}" in flags(workshop, "mine")
    assert not (workshop.root / "mine" / "recordings").exists()


def test_what_went_wrong_is_told(workshop, take):
    workshop.begin("mine", [take], steps=1)
    state = wait_for(workshop, "mine", lambda state: not state.running)
    assert state.problem == "there is no pitch in it" and not state.is_done


@pytest.mark.parametrize(
    "name, options, message",
    [
        ("", {}, "'' is no name for an instrument; use letters"),
        ("../mine", {}, "'../mine' is no name"),
        ("flute", {}, "an instrument called flute comes with the package"),
        ("mine", {}, "give recordings of the instrument alone"),
        ("mine", {"folder": "nowhere"}, "nowhere: there is no such folder"),
        ("mine", {"uploads": [__file__]}, "test_page_training.py: is not a sound file"),
        ("mine", {"uploads": [__file__], "folder": "x"}, "either uploads or a folder"),
    ],
)
def test_what_cannot_be_trained(workshop, name, options, message):
    with pytest.raises(UserError) as caught:
        workshop.begin(name, **options)
    assert str(caught.value).startswith(message) or message in str(caught.value)
    assert workshop.names() == []


def test_the_curve_of_losses():
    drawing = loss_curve.draw([{"step": 0, "loss": 4.0}, {"step": 100, "loss": 2.0, "val_loss": 3}])
    assert '<polyline points="46.0,10.0 592.0,216.0" class="tt-training"/>' in drawing
    assert '<polyline points="592.0,113.0" class="tt-held-out"/>' in drawing
    assert "step 100" in drawing and ">4.00<" in drawing and ">2.00<" in drawing
    assert loss_curve.draw([{"step": 0, "loss": 4.0}]) == loss_curve.draw([]) == ""
