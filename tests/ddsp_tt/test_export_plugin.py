"""Files for Magenta's plug-in: what it asks of them, and that they compute what the model does."""

import io
import json
import types
import zipfile

import keras
import numpy as np
import pytest

from audio_tt import settings
from audio_tt.errors import UserError
from ddsp_tt.configurables import models
from ddsp_tt.exporting import files, plugin_file
from ddsp_tt.exporting.decoder import StatelessDecoder
from ddsp_tt.features.rates import Rates
from ddsp_tt.trained import loading

RANGES = {
    "mean_min_pitch_note": 57.0,
    "mean_max_pitch_note": 69.0,
    "mean_min_power_note": -50.0,
    "mean_max_power_note": -12.5,
}
needs_tensorflow = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="TFLite is TensorFlow's"
)


@pytest.fixture(scope="module")
def trained():
    settings.parse_gin(("ddsp/instrument_vst.gin",))
    keras.utils.set_random_seed(0)
    return loading.TrainedModel("mine", loading.build(models.get_model()), RANGES)


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """The file and the differences from the model."""
    path = tmp_path_factory.mktemp("plugin") / "Mine.tflite"
    return path, files.export_plugin(trained, path)


def plain_interpreter(data):
    """One with the operations that are built in, and nothing else."""
    import tensorflow as tf

    kind = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = tf.lite.Interpreter(model_content=data, experimental_op_resolver_type=kind)
    interpreter.allocate_tensors()
    return interpreter


@needs_tensorflow
def test_the_plug_in_takes_the_file(exported):
    """What src/audio/tflite/ModelLibrary.cpp of magenta/ddsp-vst asks before it lists a model."""
    path, differences = exported
    assert max(differences.values()) < 1e-3 and [*path.parent.iterdir()] == [path]
    assert path.stat().st_size < 6e6
    interpreter = plain_interpreter(path.read_bytes())
    inputs = [(x["name"], x["dtype"], 4 * x["shape"]) for x in interpreter.get_input_details()]
    assert inputs == [
        ("call_f0_scaled:0", np.float32, 4),
        ("call_pw_scaled:0", np.float32, 4),
        ("call_state:0", np.float32, 2048),
    ]
    outputs = [(x["name"], x["dtype"], 4 * x["shape"]) for x in interpreter.get_output_details()]
    assert outputs == [
        ("StatefulPartitionedCall:0", np.float32, 4),
        ("StatefulPartitionedCall:1", np.float32, 240),
        ("StatefulPartitionedCall:2", np.float32, 260),
        ("StatefulPartitionedCall:3", np.float32, 2048),
    ]


@needs_tensorflow
def test_its_metadata(exported):
    with zipfile.ZipFile(io.BytesIO(exported[0].read_bytes())) as archive:
        metadata = json.loads(archive.read("metadata.json"))
    assert metadata.items() >= RANGES.items()
    hertz = [metadata[f"mean_{end}_pitch_note_hz"] for end in ("min", "max")]
    assert hertz == pytest.approx([220.0, 440.0])
    sizes = ("num_harmonics", "num_noise_amps", "frame_rate", "frame_size", "sample_rate")
    assert [metadata[key] for key in sizes] == [60, 65, 50, 1024, 16000]
    assert metadata["version"] and metadata["export_time"].startswith("20")


@needs_tensorflow
def test_it_plays_what_the_model_does(trained, exported):
    """Two frames of A4 at -20 dB, the second from the state that the first left."""
    interpreter = plain_interpreter(exported[0].read_bytes())
    state = np.zeros(512, "float32")
    played = []
    for _ in range(2):
        values = (np.float32([69 / 127]), np.float32([0.75]), state)
        for tensor, value in zip(interpreter.get_input_details(), values, strict=True):
            interpreter.set_tensor(tensor["index"], value)
        interpreter.invoke()
        *controls, state = (
            interpreter.get_tensor(x["index"]) for x in interpreter.get_output_details()
        )
        played.append(np.concatenate(controls))
    features = {
        "f0_hz": np.full((1, 2, 1), 440.0, "float32"),
        "power_db": np.full((1, 2, 1), -20.0, "float32"),
    }
    expected = StatelessDecoder(trained.model).expected(features)
    names = ("amplitudes", "harmonic_distribution", "noise_magnitudes")
    expected = np.concatenate([expected[name][0] for name in names], axis=1)
    np.testing.assert_allclose(played, expected, atol=1e-3)
    assert np.abs(expected[0] - expected[1]).max() > 1e-4  # the state counts


@needs_tensorflow
def test_its_operations_are_built_in_and_known_to_the_plug_in(exported, monkeypatch):
    data = exported[0].read_bytes()
    found = plugin_file.operations(data)
    assert {"FULLY_CONNECTED", "TANH", "DEQUANTIZE"} <= found.keys() and "CUSTOM" not in found
    assert max(version for _, version in found.values()) <= 5
    plugin_file.check_file(data)
    monkeypatch.setitem(plugin_file._VERSIONS, "FULLY_CONNECTED", 2)
    with pytest.raises(UserError, match="FULLY_CONNECTED, which ddsp-vst does not know"):
        plugin_file.check_file(data)
    monkeypatch.undo()
    monkeypatch.setitem(plugin_file.OUTPUTS, "StatefulPartitionedCall:3", 128)
    with pytest.raises(UserError, match="where ddsp-vst has"):
        plugin_file.check_file(data)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"state_size": 128}, "recurrent units: 128, where the plug-in has 512"),
        ({"rates": Rates(32000, 50)}, "Hz: 32000, where the plug-in has 16000"),
        ({"rates": Rates(16000, 250)}, "frames a second: 250, where the plug-in has 50"),
        ({"window": 512}, "samples a window of power: 512, where the plug-in has 1024"),
        ({"inputs": {"f0_hz": 1, "loudness_db": 1}}, "f0_hz and loudness_db, where the plug-in"),
    ],
)
def test_a_model_of_another_shape_is_told_which_settings_it_needs(change, message):
    has = {
        "inputs": {"f0_hz": 1, "power_db": 1},
        "state_size": 512,
        "rates": Rates(16000, 50),
        "window": 1024,
        **change,
    }
    decoder = types.SimpleNamespace(
        inputs=has["inputs"],
        state_size=has["state_size"],
        outputs={"harmonic_distribution": 60, "noise_magnitudes": 65},
    )
    trained = types.SimpleNamespace(
        name="mine",
        rates=has["rates"],
        analysis={"power_window_length": has["window"]},
        statistics=RANGES,
    )
    with pytest.raises(UserError, match=message) as caught:
        plugin_file.check_model(trained, decoder)
    assert "--gin_file=ddsp/instrument_vst.gin" in str(caught.value)


def test_what_else_is_asked_for(trained, tmp_path):
    with pytest.raises(UserError, match=r"end in \.tflite"):
        files.export_plugin(trained, tmp_path / "Mine")
    without = loading.TrainedModel("mine", trained.model, None)
    with pytest.raises(UserError, match=r"no mean_min_pitch_note in its dataset_statistics"):
        files.export_plugin(without, tmp_path / "Mine.tflite")
