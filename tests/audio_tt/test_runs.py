import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from audio_tt.errors import UserError
from audio_tt.training.run_directory import RunDirectory

REPOSITORY = Path(__file__).resolve().parents[2]
to_numpy = keras.ops.convert_to_numpy


@pytest.fixture
def run(tmp_path):
    return RunDirectory(tmp_path / "my runs" / "flûte 1")


def small_model(units=3):
    model = keras.Sequential([keras.layers.Dense(units), keras.layers.Dropout(0.5, seed=3)])
    model.compile(optimizer=keras.optimizers.Adam(0.1), loss="mse")
    model.build((None, 2))
    model.optimizer.build(model.trainable_variables)
    return model


def everything(model):
    return [*model.variables, *model.optimizer.variables]


def train(model, steps):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 2)), rng.normal(size=(4, 3))
    return [float(model.train_on_batch(x, y)) for _ in range(steps)]


def test_history_keeps_types_and_columns_that_come_later(run):
    run.append_history({"epoch": 1, "loss": 0.1 + 0.2})
    run.append_history({"epoch": 2, "loss": np.float32(0.25), "val_loss": 1.5})
    assert run.history() == [
        {"epoch": 1, "loss": 0.1 + 0.2},
        {"epoch": 2, "loss": 0.25, "val_loss": 1.5},
    ]
    text = (run.path / "history.csv").read_text()
    assert text.splitlines()[0] == "epoch,loss,val_loss"
    run.append_history({"epoch": 3, "loss": 0.2, "val_loss": None, "other": None})
    text = (run.path / "history.csv").read_text()
    assert text.splitlines()[::3] == ["epoch,loss,val_loss,other", "3,0.2,,"]
    assert run.history()[2] == {"epoch": 3, "loss": 0.2}


def test_a_repeated_step_replaces_it_and_what_followed(run):
    for step in (100, 200, 300):
        run.append_history({"step": step, "loss": step / 100})
    run.append_history({"step": 200, "loss": 9.0})
    assert [(row["step"], row["loss"]) for row in run.history()] == [(100, 1.0), (200, 9.0)]


def test_history_needs_a_step_and_reports_damage(run):
    with pytest.raises(ValueError, match="step or epoch"):
        run.append_history({"loss": 1.0})
    run.append_history({"step": 1, "loss": 1.0})
    (run.path / "history.csv").write_text("step,loss\n1,abc\n")
    with pytest.raises(UserError, match="history.csv is damaged"):
        run.history()


def test_not_a_number_survives(run):
    run.append_history({"step": 1, "loss": float("nan")})
    assert np.isnan(run.history()[0]["loss"])


def test_a_resumed_training_repeats_the_uninterrupted_one(run):
    reference = small_model()
    run.save_state(everything(reference), 0)
    losses = train(reference, 6)

    first = small_model()
    assert run.load_state(everything(first)) == {"step": 0}
    assert train(first, 3) == losses[:3]
    run.save_state(everything(first), 3, epoch=1, note="ü")

    second = small_model()
    assert run.load_state(everything(second)) == {"step": 3, "epoch": 1, "note": "ü"}
    assert train(second, 3) == losses[3:]
    assert [path.name for path in run.path.iterdir()] == ["state.h5"]


def test_without_a_state_nothing_is_loaded(run):
    assert run.load_state([]) is None


def test_a_state_that_does_not_fit_changes_nothing(run):
    run.save_state(everything(small_model(3)), 1)
    other = small_model(4)
    before = [to_numpy(variable) for variable in everything(other)]
    with pytest.raises(UserError, match=r"tensor 0 \(.*kernel\) is \(2, 3\) there and \(2, 4\)"):
        run.load_state(everything(other))
    with pytest.raises(UserError, match="tensors there and"):
        run.load_state(everything(small_model(3))[:-1])
    for variable, value in zip(everything(other), before, strict=True):
        np.testing.assert_array_equal(to_numpy(variable), value)


def test_a_damaged_state_is_the_users_matter(run):
    run.save_state(everything(small_model()), 1)
    data = (run.path / "state.h5").read_bytes()
    (run.path / "state.h5").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match="state.h5 is damaged"):
        run.load_state(everything(small_model()))


def test_half_precision_is_kept_exactly(run):
    variable = keras.Variable(np.arange(3) / 8, dtype="bfloat16")
    run.save_state([variable], 1)
    variable.assign([0.0, 0.0, 0.0])
    run.load_state([variable])
    np.testing.assert_array_equal(to_numpy(variable).astype("float32"), np.arange(3) / 8)


def test_a_failed_save_leaves_the_state_before(run, monkeypatch):
    run.save_state(everything(small_model()), 1)

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(h5py.Group, "create_dataset", fail)
    with pytest.raises((OSError, UserError)):
        run.save_state(everything(small_model()), 2)
    monkeypatch.undo()
    assert run.load_state(everything(small_model()))["step"] == 1
    assert [path.name for path in run.path.iterdir()] == ["state.h5"]


def test_only_one_process_trains_and_a_killed_one_leaves_no_lock(run):
    program = (
        "import sys, time; from audio_tt.training.run_directory import RunDirectory\n"
        "with RunDirectory(sys.argv[1]).lock():\n    print('locked', flush=True); time.sleep(60)\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, run.path], stdout=subprocess.PIPE, cwd=REPOSITORY
    )
    try:
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(UserError, match=f"process {other.pid} is training in"):
            with run.lock():
                pass
    finally:
        other.kill()
        other.wait()
    with run.lock():
        pass


def test_sample_path_and_gin(run):
    import gin

    path = run.sample_path(300, "flute.wav")
    assert path == run.path / "samples" / "000300" / "flute.wav"
    assert path.parent.is_dir()

    @gin.configurable("test_runs_configurable")
    def configurable(size=7):
        return size

    configurable()
    assert "test_runs_configurable.size = 7" in run.write_gin().read_text()


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(UserError, match="is a file"):
        RunDirectory(tmp_path / "run")


def test_tensorboard_reads_the_events_and_forgets_what_was_repeated(run):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for step in (1, 2, 3):
        run.append_history({"step": step, "loss": float(step)})
    RunDirectory(run.path).append_history({"step": 2, "loss": 20.0})
    events = EventAccumulator(str(run.path))
    events.Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 1.0), (2, 20.0)]
