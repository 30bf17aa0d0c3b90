"""Files for other programs: they compute what the model does, in the programs' own interpreters."""

import functools
import importlib.util
import json
import re
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
import soundfile

from audio_tt.errors import UserError
from ddsp_tt import models
from ddsp_tt.exporting import files
from ddsp_tt.exporting.decoder import StatelessDecoder
from ddsp_tt.synthesis import effects, processors, synths
from ddsp_tt.trained import loading

DOCS = Path(__file__).parents[2] / "docs" / "ddsp_export.md"
ENDINGS = {"onnx": ".onnx", "tflite": ".tflite", "saved_model": "_saved_model"}
needs_onnx = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("onnx", "onnxruntime"))),
    reason="needs the extra export (onnx, onnxruntime)",
)
needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="SavedModel and TFLite are TensorFlow's"
)
KINDS = [
    pytest.param("onnx", marks=needs_onnx),
    pytest.param("tflite", marks=needs_tensorflow),
    pytest.param("saved_model", marks=needs_tensorflow),
]


def make(preprocessor=None, keys=("ld_scaled", "f0_scaled"), encoder=None, layers=2, **decoder):
    keras.utils.set_random_seed(0)
    dag = [
        (synths.Harmonic(None), ["amps", "harmonic_distribution", "f0_hz"]),
        (synths.FilteredNoise(None, window_size=0), ["noise_magnitudes"]),
        (processors.Add(), ["filtered_noise/signal", "harmonic/signal"]),
        (effects.Reverb(trainable=True, reverb_length=100), ["add/signal"]),
    ]
    model = models.Autoencoder(
        preprocessor=preprocessor
        or models.F0LoudnessPreprocessor(None, compute_loudness=False, loudness_convention="ddsp1"),
        encoder=encoder,
        decoder=models.RnnFcDecoder(
            6,
            ch=5,
            layers_per_stack=layers,
            input_keys=keys,
            output_splits=(("amps", 1), ("harmonic_distribution", 9), ("noise_magnitudes", 5)),
            **decoder,
        ),
        processor_group=processors.ProcessorGroup(dag),
    )
    loading.build(model)
    rng = np.random.default_rng(1)
    for variable in model.decoder.trainable_variables:
        variable.assign(variable + 0.5 * rng.normal(size=variable.shape))
    return loading.TrainedModel("flute", model, {"mean_pitch": 70.0, "quantile_transform": None})


@pytest.fixture(scope="module")
def trained():
    return make()


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """Exports once for each kind and length of a call; returns the path and the differences."""

    @functools.cache
    def export(kind, frames=1):
        output = tmp_path_factory.mktemp(kind) / "out" / f"flute{ENDINGS[kind]}"
        return output, files.export(trained, output, kind, frames)

    return export


@pytest.mark.parametrize("frames", [1, 250, None])
@pytest.mark.parametrize("kind", KINDS)
def test_the_file_computes_what_the_model_does(exported, kind, frames):
    output, differences = exported(kind, frames)
    assert differences.keys() == {"amplitudes", "harmonic_distribution", "noise_magnitudes"}
    assert max(differences.values()) < 1e-5
    names = sorted(path.name for path in output.parent.iterdir())
    assert names == [output.name, f"{output.name}.json", f"{output.name}.room.wav"]
    about = json.loads((output.parent / names[1]).read_text())
    assert about["inputs"]["f0_hz"]["shape"] == [1, frames or "any", 1]
    assert about["outputs"]["harmonic_distribution"]["shape"][2] == 9
    assert about["loudness_convention"] == "ddsp1" and about["statistics"] == {"mean_pitch": 70.0}


def test_the_room_has_the_direct_sound(trained, tmp_path, monkeypatch):
    room = trained.model.processor_group.processors[-1]
    ir = np.linspace(0.5, -0.5, 100, dtype="float32")
    room.trainable_variables[0].assign(ir)
    monkeypatch.setattr(files, "_export_folder", lambda *_: {})
    files.export(trained, tmp_path / "x", "saved_model")
    written, rate = soundfile.read(tmp_path / "x.room.wav")
    assert rate == 16000 and written[0] == 1.0
    np.testing.assert_allclose(written[1:], ir[1:], atol=1e-6)


def test_the_exported_function_is_the_models(trained):
    decoder = StatelessDecoder(trained.model)
    features = decoder.example(12)
    outputs = trained.model({key: x[..., 0] for key, x in features.items()})
    expected = decoder.expected(features)
    for name, x in (
        ("amplitudes", outputs["harmonic"]["controls"]["amplitudes"]),
        ("noise_magnitudes", outputs["filtered_noise"]["controls"]["magnitudes"]),
    ):
        np.testing.assert_allclose(expected[name], x, atol=1e-6)


@needs_onnx
def test_models_with_a_latent_without_stacks_or_with_power(tmp_path):
    encoder = models.MfccTimeDistributedRnnEncoder(4, z_dims=3, z_time_steps=125)
    power = models.OnlineF0PowerPreprocessor(compute_f0=False)
    for name, trained in (
        ("latent", make(keys=("ld_scaled", "f0_scaled", "z"), encoder=encoder, layers=0)),
        ("power", make(power, keys=("pw_scaled", "f0_scaled"), layers=1)),
    ):
        assert max(files.export(trained, tmp_path / name, "onnx").values()) < 1e-5
    about = json.loads((tmp_path / "latent.json").read_text())
    assert about["inputs"]["z"]["shape"] == [1, 1, 3]
    about = json.loads((tmp_path / "power.json").read_text())
    assert "power_db" in about["inputs"] and about["power_window_length"] == 1024


@pytest.mark.parametrize("kind", KINDS)
def test_what_does_not_agree_is_not_left(trained, exported, tmp_path, kind, monkeypatch):
    decoder_of = files.StatelessDecoder
    saves = {
        "onnx": (files.onnx_file, "save"),
        "tflite": (files.tensorflow_files, "save_tflite"),
        "saved_model": (files.tensorflow_files, "save_saved_model"),
    }
    source, _ = exported(kind)
    copy = shutil.copytree if source.is_dir() else shutil.copyfile
    monkeypatch.setattr(*saves[kind], lambda decoder, path, *_: copy(source, path))

    def other(model):
        decoder = decoder_of(model)
        expected = decoder.expected
        decoder.expected = lambda features: {k: x + 0.1 for k, x in expected(features).items()}
        return decoder

    monkeypatch.setattr(files, "StatelessDecoder", other)
    with pytest.raises(UserError, match="gives another"):
        files.export(trained, tmp_path / "x", kind)
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_exported(tmp_path):
    with pytest.raises(UserError, match="rnn_type = 'gru'"):
        files.export(make(rnn_type="lstm"), tmp_path / "x", "onnx")
    without_decoder = loading.TrainedModel("w", object.__new__(models.WaveRnn), None)
    with pytest.raises(UserError, match="a WaveRnn has no decoder"):
        files.export(without_decoder, tmp_path / "x", "onnx")


@needs_tensorflow
def test_a_folder_is_not_overwritten(trained, tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "mine").write_text("")
    with pytest.raises(UserError, match="is there already"):
        files.export(trained, tmp_path / "x", "saved_model")


@pytest.mark.parametrize("kind", KINDS)
def test_the_examples_of_the_docs(exported, monkeypatch, kind):
    output, _ = exported(kind)
    monkeypatch.chdir(output.parent)
    name = output.name
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if f'"{name}"' in block]
    assert len(block.splitlines()) <= 11
    scope = {}
    exec(block, scope)
    assert np.shape(scope["state"]) == (1, 6) and np.any(scope["state"])
