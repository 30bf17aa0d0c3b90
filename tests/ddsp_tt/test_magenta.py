"""Folders as Magenta published them: the checkpoint, the settings, the statistics, the loudness."""

import json
import pickle
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from magenta_folder import (
    NEW,
    SETTINGS,
    name_of_before_april_2020,
    write,
    write_checkpoint,
)

from audio_tt.dsp import loudness
from audio_tt.errors import UserError
from ddsp_tt.features import extraction, fitting, statistics
from ddsp_tt.magenta import checkpoints, folders, statistics_pickle
from ddsp_tt.synthesis import core
from ddsp_tt.trained import loading

SHARED = Path(__file__).parents[3] / "shared" / "fixtures" / "ddsp"
needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="checkpoints are TensorFlow's"
)
needs_fixtures = pytest.mark.skipif(not SHARED.is_dir(), reason="the checkpoints are not here")


@pytest.fixture
def published(tmp_path):
    """A folder like Magenta's, and the model in it."""

    def make(text=NEW):
        folder = tmp_path / "published"
        return folder, write(folder, text)

    return make


@needs_tensorflow
def test_a_folder_becomes_a_model_like_any_other(published, tmp_path):
    folder, model = published()
    loaded = loading.load(folder)
    assert loaded.convention == "ddsp3" and loaded.model.decoder.input_keys[0] == "ld_scaled"
    assert loaded.model.processor_group.processors[0].n_samples == 1024
    written = folders.convert(folder, tmp_path / "converted" / "model.h5")
    assert [path.name for path in written] == ["model.h5", "operative_config.gin"]
    converted = loading.load(tmp_path / "converted")
    for one, two, three in zip(
        model.weights, loaded.model.weights, converted.model.weights, strict=True
    ):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, three)


@needs_tensorflow
def test_old_settings_mean_the_old_loudness(published, tmp_path):
    folder, _ = published(
        SETTINGS.replace("F0LoudnessPreprocessor", "DefaultPreprocessor")
        .replace("Harmonic", "Additive")
        .replace("harmonic/signal", "additive/signal")
    )
    folders.convert(folder, tmp_path / "converted" / "model.h5")
    for trained in (loading.load(folder), loading.load(tmp_path / "converted")):
        assert trained.convention == "ddsp1"
        assert trained.model.decoder.input_keys == ("f0_scaled", "ld_scaled")
        assert not trained.model.preprocessor.compute_loudness
        scaled = trained.model.preprocessor.scale({"f0_hz": np.ones(1), "loudness_db": [-60.0]})
        np.testing.assert_allclose(scaled["ld_scaled"], [0.5])


@needs_tensorflow
def test_the_newest_checkpoint_counts(published):
    folder, model = published()
    for variable in model.weights:
        variable.assign(variable + 1.0)
    write_checkpoint(folder, model, "ckpt-1200")
    np.testing.assert_array_equal(loading.load(folder).model.weights[0], model.weights[0])
    (folder / "checkpoint").write_text('model_checkpoint_path: "/somewhere/ckpt-300"\n')
    assert checkpoints.find(folder).name == "ckpt-300"


@needs_tensorflow
def test_names_of_before_april_2020(published):
    """Stacks named by what they read, f0 first, a cell without a layer around it, a number."""
    folder, model = published(SETTINGS)
    for path in folder.glob("ckpt-300*"):
        path.unlink()
    write_checkpoint(folder, model, "ckpt", name_of_before_april_2020)
    assert checkpoints.find(folder).name == "ckpt"
    names = checkpoints.read(folder / "ckpt")
    assert "model/decoder/l_stack/layer_with_weights-1/layer_with_weights-0/kernel" in names
    assert {"model/decoder/rnn/cell/bias", "model/processor_group/processors/1/ir"} <= set(names)
    for one, two in zip(model.weights, loading.load(folder).model.weights, strict=True):
        np.testing.assert_array_equal(one, two)


@needs_tensorflow
def test_a_numbered_checkpoint_goes_before_one_without(published):
    folder, model = published()
    write_checkpoint(folder, model, "ckpt")
    assert checkpoints.find(folder).name == "ckpt-300"


@needs_tensorflow
def test_wrong_folders_get_one_line(published, tmp_path):
    with pytest.raises(UserError, match="no checkpoint in it"):
        folders.load(tmp_path)
    folder, _ = published()
    text = (folder / "operative_config-0.gin").read_text()
    (folder / "operative_config-0.gin").write_text(text.replace("ch = 4", "ch = 3"))
    with pytest.raises(UserError, match="input_stacks/0/.*is .1, 4., but the settings make it"):
        folders.load(folder)
    (folder / "operative_config-0.gin").write_text(text.replace("per_stack = 2", "per_stack = 1"))
    with pytest.raises(UserError, match="is .10, 4., but|have no place for"):
        folders.load(folder)
    (folder / "operative_config-0.gin").unlink()
    with pytest.raises(UserError, match="operative_config-0.gin is missing"):
        folders.load(folder)
    (folder / "operative_config-0.gin").write_text(text)
    next(folder.glob("*.data*")).unlink()
    with pytest.raises(UserError, match="not a checkpoint that can be read"):
        folders.load(folder)
    for path in folder.glob("*ckpt*"):
        path.unlink()
    with pytest.raises(UserError, match="no checkpoint in it, such as ckpt-300.index"):
        loading.load(folder)


@needs_fixtures
@needs_tensorflow
@pytest.mark.parametrize("kind", ["small", "small_ae"])
def test_the_originals_checkpoints(kind):
    """Decoder, harmonic controls and loss against what ddsp 3.7.0 computed from the same files."""
    golden = dict(np.load(SHARED / f"ckpt_io_{kind}.npz"))
    model, table = folders.load(SHARED / f"ckpt_{kind}")
    assert table["mean_pitch"] == pytest.approx(70.55535125732422)
    batch = {key: golden[f"in/{key}"] for key in ("audio", "f0_hz", "loudness_db")}
    model.preprocessor.compute_loudness = False
    outputs = model(batch)
    for key in ("f0_scaled", "ld_scaled", "z"):
        if f"feat/{key}" in golden:
            # MFCCs of quiet frames carry the rounding of TensorFlow's FFT.
            atol = 2e-3 if key == "z" else 1e-6
            np.testing.assert_allclose(outputs[key], golden[f"feat/{key}"], atol=atol)
    if kind == "small_ae":
        outputs = {**outputs, "z": golden["feat/z"]}
        outputs.update(model.decoder(outputs))
        outputs.update(model.processor_group(outputs, return_outputs_dict=True))
    for key in ("amps", "harmonic_distribution", "noise_magnitudes"):
        np.testing.assert_allclose(outputs[key], golden[f"raw/{key}"], atol=1e-4)
    for key in ("amplitudes", "harmonic_distribution"):
        np.testing.assert_allclose(
            outputs["harmonic"]["controls"][key],
            golden[f"out/harmonic/controls/{key}"],
            atol=1e-5,
        )
    # The original's float32 phase drifts away from the truth: up to 7e-3 in 6400 samples.
    harmonic, expected = outputs["harmonic"]["signal"], golden["out/harmonic/signal"]
    atol = 1e-2 * np.abs(expected).max()
    np.testing.assert_allclose(harmonic[:, :6400], expected[:, :6400], atol=atol)
    loss = model.loss_objs[0](golden["in/audio"], golden["train/audio_synth"])
    assert float(loss) == pytest.approx(float(golden["train/total_loss"]), rel=1e-3)


@needs_fixtures
@needs_tensorflow
def test_slots_of_an_optimiser_are_ignored():
    tensors = checkpoints.read(checkpoints.find(SHARED / "ckpt_small_opt"))
    assert not [name for name in tensors if not name.startswith("model/")]
    folders.load(SHARED / "ckpt_small_opt")


@needs_tensorflow
def test_an_exported_decoder(tmp_path, monkeypatch):
    """A SavedModel's numbered variables, the stack of f0 first."""
    import tensorflow as tf

    from audio_tt import settings
    from ddsp_tt.configurables import models

    settings.parse_gin(("ddsp/exported_decoder.gin",))
    settings.bind("RnnFcDecoder.ch", 4)
    settings.bind("RnnFcDecoder.rnn_channels", 3)
    model = loading.build(models.get_model())
    *ordered, kernel, bias = model.decoder.weights
    root = tf.Module()
    root.trainable_variables_ = [tf.Variable(v.numpy()) for v in ordered]
    dense = tf.Module()
    dense.kernel, dense.bias = tf.Variable(kernel.numpy()), tf.Variable(bias.numpy())
    (tmp_path / "variables").mkdir()
    tf.train.Checkpoint(variables=root.trainable_variables_, dense_out=dense).write(
        str(tmp_path / "variables" / "variables")
    )
    small = tmp_path / "small.gin"
    small.write_text(
        "include 'ddsp/exported_decoder.gin'\nRnnFcDecoder.ch = 4\nRnnFcDecoder.rnn_channels = 3\n"
    )
    monkeypatch.setattr(folders, "_EXPORTED", small)
    loaded = loading.load(tmp_path)
    assert loaded.convention == "ddsp1" and loaded.statistics is None
    assert loaded.model.decoder.input_keys == ("f0_scaled", "ld_scaled")
    for one, two in zip(model.decoder.weights, loaded.model.decoder.weights, strict=True):
        np.testing.assert_array_equal(one, two)


class QuantileTransformer:
    """Stands where Magenta's class of this name does in its pickles."""

    def __init__(self):
        self.random_state = np.random.RandomState(0)
        self.quantiles_ = np.linspace(-60.0, -10.0, 7)[:, None]
        self.references_ = np.linspace(0.0, 1.0, 7)


class Executed:
    def __reduce__(self):
        return (open, ("executed", "w"))


@pytest.fixture
def pickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(QuantileTransformer, "__module__", "ddsp.training.postprocessing")
    module = type(pickle)("ddsp.training.postprocessing")
    module.QuantileTransformer = QuantileTransformer
    for name in ("ddsp", "ddsp.training"):
        monkeypatch.setitem(__import__("sys").modules, name, type(pickle)(name))
    monkeypatch.setitem(__import__("sys").modules, "ddsp.training.postprocessing", module)

    def write(only=None, **changes):
        figures = ("mean", "max", "min", "mean_max", "mean_min", "std")
        table = {
            f"{figure}_{name}{note}": np.float32(i)
            for i, figure in enumerate(figures)
            for name in ("pitch", "power", "loudness")
            for note in ("", "_note")
        }
        table = only or {**table, "quantile_transform": QuantileTransformer(), **changes}
        path = tmp_path / "dataset_statistics.pkl"
        path.write_bytes(pickle.dumps(table))
        return path

    return write


def test_statistics_without_ddsp(pickled, tmp_path):
    table = statistics_pickle.load(pickled())
    assert table["std_power_note"] == 5.0
    np.testing.assert_allclose(table["quantile_transform"].transform([-35.0]), [0.5])
    statistics.save_json(table, tmp_path / "statistics.json")
    assert json.loads((tmp_path / "statistics.json").read_text())["mean_max_pitch"] == 3.0


def test_statistics_of_the_first_models(pickled, tmp_path, caplog):
    """Few figures, others that nobody knows; what is there is fitted to."""
    first = {"mean_pitch": np.float32(70), "quantile_transform": QuantileTransformer()}
    path = pickled(only={**first, "version": "0.1", "names": ["violin"]})
    table = statistics_pickle.load(path)
    assert set(table) == set(first) and table["mean_pitch"] == 70.0
    statistics.save_json(table, tmp_path / "statistics.json")
    assert set(statistics.load_json(tmp_path / "statistics.json")) == set(first)
    features = {
        "f0_hz": np.full(300, 220.0),
        "loudness_db": np.linspace(-52.0, -48.0, 300),
        "f0_confidence": np.ones(300),
    }
    level = table["quantile_transform"].inverse_transform(0.5)
    adjusted, mask = fitting.adjust(features, table, keep_octave=None)
    np.testing.assert_allclose(adjusted["f0_hz"], 440.0, rtol=1e-6)
    assert np.median(adjusted["loudness_db"][mask]) == pytest.approx(level, abs=0.5)
    adjusted, mask = fitting.adjust(features, {"mean_pitch": 70.0}, keep_octave=None)
    np.testing.assert_allclose(adjusted["loudness_db"][mask], features["loudness_db"][mask])
    adjusted, _ = fitting.adjust(features, {"quantile_transform": table["quantile_transform"]})
    np.testing.assert_allclose(adjusted["f0_hz"], 220.0)
    assert statistics_pickle.load(pickled(only={"version": "0.1"})) is None
    assert "nothing is fitted" in caplog.text


def test_a_random_state_of_old_numpy(pickled):
    """`numpy.random.__RandomState_ctor`, which is what stood in pickles until numpy 1.17."""
    path = pickled()
    old = path.read_bytes().replace(b"numpy.random._pickle", b"numpy.random")
    old = old.replace(b"\x8c\x14numpy.random", b"\x8c\x0cnumpy.random")
    old = old.replace(b"\x8c\x12__randomstate_ctor", b"\x8c\x12__RandomState_ctor")
    assert old.count(b"numpy.random\x94\x8c\x12__RandomState_ctor") == 1
    payload = old.index(b"\x95") + 1  # the length of the frame that follows
    size = int.from_bytes(old[payload : payload + 8], "little") + len(old) - len(path.read_bytes())
    path.write_bytes(old[:payload] + size.to_bytes(8, "little") + old[payload + 8 :])
    assert statistics_pickle.load(path)["std_power_note"] == 5.0


@pytest.mark.parametrize("value", [Executed(), np.array([None]), np.float64(np.nan), "high"])
def test_nothing_in_the_statistics_is_run(pickled, tmp_path, value):
    path = pickled(mean_pitch=value)
    with pytest.raises(UserError, match="refused|holds no|damaged"):
        statistics_pickle.load(path)
    assert not (tmp_path / "executed").exists()


def test_old_loudness():
    """The formula of DDSP 1.6.1 in float64 numpy; frames begin at their sample."""
    rng = np.random.default_rng(0)
    audio = (rng.normal(size=8000) * np.linspace(0, 0.3, 8000)).astype("float32")
    audio[:3000] = 0.0
    padded = np.pad(audio.astype("float64"), (0, 2048))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    frames = np.stack([padded[i : i + 2048] * window for i in range(0, 8000, 64)])
    level = 20 * np.log10(np.maximum(np.abs(np.fft.rfft(frames)), 1e-20))
    level += loudness.a_weighting_db(2048, 16000) - 20.7
    expected = np.maximum(level, -120.0).mean(axis=1)
    np.testing.assert_allclose(loudness.compute_mean_log_loudness(audio), expected, atol=2e-3)
    measured = extraction.loudness(audio, "ddsp1")
    np.testing.assert_allclose(measured[:125], expected, atol=2e-3)
    assert measured[0] == -120.0
    with pytest.raises(UserError, match="use ddsp3 or ddsp1"):
        extraction.loudness(audio, "ddsp2")


def test_silence_in_the_old_loudness_is_silence():
    measured = extraction.extract(np.zeros(4000, "float32"), convention="ddsp1", method="yin")
    assert (measured["loudness_db"] == -120.0).all()
    np.testing.assert_allclose(core.scale_db(-120.0, 120.0), 0.0)


@needs_tensorflow
def test_converting_leaves_nothing_half_done(published, tmp_path):
    folder, _ = published()
    shutil.copy(folder / "operative_config-0.gin", folder / "dataset_statistics.pkl")
    with pytest.raises(UserError, match="not a file of statistics"):
        folders.convert(folder, tmp_path / "out" / "model.h5")
    assert not (tmp_path / "out").exists()
