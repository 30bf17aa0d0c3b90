import os

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from audio_tt.errors import UserError
from audio_tt.models import weights, weights_keras2


def block(filters, name):
    stack = [layers.Conv2D(filters, 2, padding="same", use_bias=False), layers.BatchNormalization()]
    return keras.Sequential(stack, name=name)


def nested():
    """Like the pix2pix networks: Sequentials in a functional model."""
    x = inputs = keras.Input((4, 4, 1))
    x = layers.Concatenate()([block(2, "first")(x), block(3, "second")(x)])
    return keras.Model(inputs, layers.Conv2D(1, 2, name="last")(x))


def coders(filters=2):
    """Like the autoencoder: functional models in a functional model, several layers in each."""
    x = inner = keras.Input((8, 3))
    for i in (1, 2):
        x = layers.Conv1D(filters, 3, padding="same", name=f"conv_{i}")(x)
        x = layers.BatchNormalization(name=f"bn_{i}")(x)
    encoder = keras.Model(inner, layers.Dense(2, name="code")(layers.Flatten()(x)), name="encoder")
    inputs = keras.Input((8, 3))
    return keras.Model(inputs, layers.Dense(3, name="out")(encoder(inputs)))


@keras.saving.register_keras_serializable("test_weights")
class Decoder(keras.Model):
    """Like the DDSP decoder: Sequentials in a list, a GRU, and a variable of its own."""

    def __init__(self):
        super().__init__()
        self.stacks = [
            keras.Sequential([layers.Dense(4), layers.LayerNormalization()]) for _ in range(2)
        ]
        self.rnn = layers.GRU(3, return_sequences=True)
        self.last = layers.Dense(2)
        self.impulse_response = self.add_weight(shape=(5,), initializer="zeros", name="ir")

    def call(self, inputs):
        x = keras.ops.concatenate([stack(inputs) for stack in self.stacks], axis=-1)
        return self.last(self.rnn(x)) + self.impulse_response[0]


def decoder():
    model = Decoder()
    model(np.zeros((1, 3, 2), np.float32))
    return model


def scrambled(make, seed):
    """A model whose every variable holds other random numbers, variances positive."""
    model = make()
    rng = np.random.default_rng(seed)
    model.set_weights([rng.uniform(0.1, 1, w.shape).astype(np.float32) for w in model.weights])
    return model


MODELS = [nested, coders, decoder]


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
@pytest.mark.parametrize("make", MODELS)
def test_round_trip(tmp_path, make, layout):
    one, other = scrambled(make, 1), scrambled(make, 2)
    path = tmp_path / "a name with spaces.h5"
    weights.save_weights(one, path, layout)
    weights.load_weights(other, path)
    assert len(one.weights) > 5
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs), err_msg=ours.path)
    assert os.listdir(tmp_path) == [path.name]
    total = sum(int(np.prod(w.shape)) for w in one.weights)
    assert sum(t.size for t in weights.read_tensors(path).values()) == total


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
@pytest.mark.parametrize("make", MODELS)
def test_half_precision(tmp_path, make, layout):
    one, other = scrambled(make, 1), scrambled(make, 2)
    weights.save_weights(one, tmp_path / "half.h5", layout, dtype="float16")
    tensors = weights.read_tensors(tmp_path / "half.h5")
    shapes = weights.read_shapes(tmp_path / "half.h5")
    assert shapes == {name: tensor.shape for name, tensor in tensors.items()}
    assert {t.dtype for t in tensors.values()} == {np.dtype("float16")}
    weights.load_weights(other, tmp_path / "half.h5")
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        assert theirs.dtype == "float32"
        np.testing.assert_allclose(np.array(ours), np.array(theirs), rtol=1e-3)


def write_keras2(path, rows, weightless=()):
    """A file as Keras 2 writes it: rows [(layer, [(weight name, array)])]."""
    with h5py.File(path, "w") as file:
        names = [*weightless, *(name for name, _ in rows)]
        file.attrs["layer_names"] = np.array([n.encode() for n in names])
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4-tf"
        for name in weightless:
            file.create_group(name).attrs["weight_names"] = np.array([])
        for layer, tensors in rows:
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([n.encode() for n, _ in tensors])
            for name, value in tensors:
                group.create_dataset(name, data=value)


def numbered(shapes):
    """Tensors that can be told apart."""
    return [(name, np.full(shape, i + 1.0, np.float32)) for i, (name, shape) in enumerate(shapes)]


def test_keras_2_order_trainable_first(tmp_path):
    """The order within a group that TensorFlow 2.0 gave the autoencoder."""
    tensors = numbered(
        [
            ("conv_1/kernel:0", (3, 3, 2)),
            ("conv_1/bias:0", (2,)),
            ("bn_1/gamma:0", (2,)),
            ("bn_1/beta:0", (2,)),
            ("conv_2/kernel:0", (3, 2, 2)),
            ("conv_2/bias:0", (2,)),
            ("bn_2/gamma:0", (2,)),
            ("bn_2/beta:0", (2,)),
            ("code/kernel:0", (16, 2)),
            ("code/bias:0", (2,)),
            ("bn_1/moving_mean:0", (2,)),
            ("bn_1/moving_variance:0", (2,)),
            ("bn_2/moving_mean:0", (2,)),
            ("bn_2/moving_variance:0", (2,)),
        ]
    )
    last = numbered([("other/kernel:0", (2, 3)), ("other/bias:0", (3,))])
    path = tmp_path / "weights.h5"
    write_keras2(path, [("encoder", tensors), ("other", last)], ["input_1"])
    model = coders()
    weights.load_weights(model, path)
    encoder = model.get_layer("encoder")
    for name, value in tensors:
        layer, part = name.removesuffix(":0").split("/")
        found = {v.name: np.array(v) for v in encoder.get_layer(layer).weights}[part]
        np.testing.assert_array_equal(found, value, err_msg=name)
    assert list(weights.read_tensors(path))[0] == "encoder/conv_1/kernel:0"

    frozen = coders()
    frozen.trainable = False
    weights.load_weights(frozen, path)
    np.testing.assert_array_equal(frozen.get_weights()[0], model.get_weights()[0])
    # Sub-layer by sub-layer, the order of other writers: known by the names.
    order = sorted(
        tensors, key=lambda t: [n.split("/")[0] for n, _ in tensors].index(t[0].split("/")[0])
    )
    write_keras2(path, [("encoder", order), ("other", last)])
    again = coders()
    weights.load_weights(again, path)
    for ours, theirs in zip(model.weights, again.weights, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))


def test_what_is_written_is_keras_2_s_layout(tmp_path):
    path = tmp_path / "weights.h5"
    weights.save_weights(nested(), path)
    with h5py.File(path) as file:
        names = [n.decode() for n in file.attrs["layer_names"]]
        assert names[1:] == ["first", "second", file.attrs["layer_names"][3].decode(), "last"]
        assert file.attrs["backend"] == "tensorflow"
        assert file[names[0]].attrs["weight_names"].shape == (0,)
        assert file[names[0]].attrs["weight_names"].dtype == np.float64
        parts = [n.decode().split("/") for n in file["first"].attrs["weight_names"]]
        assert [p[0] for p in parts] == ["first"] * 5
        assert [p[-1] for p in parts] == [
            "kernel:0",
            "gamma:0",
            "beta:0",
            "moving_mean:0",
            "moving_variance:0",
        ]
        assert file["last/last/kernel:0"].shape == (2, 2, 5, 1)


@pytest.mark.parametrize("make", [nested, coders])
def test_keras_reads_what_we_write(tmp_path, make):
    one, other = scrambled(make, 1), scrambled(make, 2)
    weights.save_weights(one, tmp_path / "weights.h5")
    other.load_weights(tmp_path / "weights.h5")
    for ours, theirs in zip(one.weights, other.weights, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(theirs))


def test_keras_reads_the_third_layout(tmp_path):
    one, other = scrambled(decoder, 1), scrambled(decoder, 2)
    weights.save_weights(one, tmp_path / "x.weights.h5", "keras3")
    other.load_weights(tmp_path / "x.weights.h5")
    np.testing.assert_array_equal(one.get_weights()[-1], other.get_weights()[-1])


def test_no_links_are_needed(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("a required privilege is not held by the client")

    one, other = scrambled(decoder, 1), scrambled(decoder, 2)
    weights.save_weights(one, tmp_path / "any name", "keras3")
    monkeypatch.setattr("os.symlink", refuse)
    monkeypatch.setattr("os.link", refuse)
    weights.load_weights(other, tmp_path / "any name")
    np.testing.assert_array_equal(one.get_weights()[-1], other.get_weights()[-1])


def refused(model, path, message):
    before = model.get_weights()
    with pytest.raises(UserError, match=message):
        weights.load_weights(model, path)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
def test_other_shapes_are_refused(tmp_path, layout):
    path = tmp_path / "wide.h5"
    weights.save_weights(coders(filters=7), path, layout)
    refused(coders(), path, r"has shape \((3, 3, 7|7,)\).* has \((3, 3, 2|2,)\)")


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
def test_other_models_are_refused(tmp_path, layout):
    weights.save_weights(nested(), tmp_path / "nested.h5", layout)
    weights.save_weights(coders(), tmp_path / "coders.h5", layout)
    refused(coders(), tmp_path / "nested.h5", "does not fit the model: ")
    refused(nested(), tmp_path / "coders.h5", "does not fit the model: ")


def test_missing_and_surplus_layers_are_named(tmp_path):
    path = tmp_path / "weights.h5"
    one = numbered([("a/kernel:0", (2, 3)), ("a/bias:0", (3,))])
    two = numbered([("b/kernel:0", (3, 1)), ("b/bias:0", (1,))])
    model = keras.Sequential([keras.Input((2,)), layers.Dense(3), layers.Dense(1, name="b")])
    write_keras2(path, [("a", one)])
    refused(model, path, r"no tensor for b/kernel:0 of shape \(3, 1\)")
    write_keras2(path, [("a", one), ("b", two), ("c", two)])
    refused(model, path, r"c/b/kernel:0 of shape \(3, 1\) has no place in it \(3 layers")
    write_keras2(path, [("a", one), ("b", two[:1])])
    refused(model, path, r"no tensor for the model's b/bias:0 of shape \(1,\)")
    write_keras2(path, [("a", one), ("b", [*two, ("b/scale:0", np.ones(4))])])
    refused(model, path, r"b/b/scale:0 of shape \(4,\) has no place")


@pytest.mark.parametrize("layout", ["keras2", "keras3"])
def test_numbers_that_are_not_finite_are_refused(tmp_path, layout):
    bad = coders()
    bad.layers[-1].bias.assign([0, np.nan, 0])
    weights.save_weights(bad, tmp_path / "nan.h5", layout)
    refused(coders(), tmp_path / "nan.h5", "holds values that are not finite")


def test_files_that_are_no_weights(tmp_path):
    model = coders()
    refused(model, tmp_path / "absent.h5", "absent.h5: no such file")
    (tmp_path / "text.h5").write_text("text")
    refused(model, tmp_path / "text.h5", "text.h5 is not an HDF5 file")
    h5py.File(tmp_path / "empty.h5", "w").close()
    refused(model, tmp_path / "empty.h5", "holds no Keras weights")
    weights.save_weights(model, tmp_path / "cut.h5")
    whole = (tmp_path / "cut.h5").read_bytes()
    (tmp_path / "cut.h5").write_bytes(whole[: len(whole) // 2])
    refused(model, tmp_path / "cut.h5", "cut.h5 is not an HDF5 file")


def test_a_whole_model_file_of_keras_2_gives_its_weights(tmp_path):
    with h5py.File(tmp_path / "model.h5", "w") as file:
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        group.create_group("d").attrs["weight_names"] = [b"d/kernel:0", b"d/bias:0"]
        group["d/d/kernel:0"], group["d/d/bias:0"] = np.ones((2, 1)), np.ones(1)
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    weights.load_weights(model, tmp_path / "model.h5")
    assert (model.get_weights()[0] == 1).all()


def test_many_names_are_split_as_hdf5_demands(tmp_path):
    names = [f"layer_{i}_" + "x" * 500 for i in range(200)]
    with h5py.File(tmp_path / "many.h5", "w") as file:
        weights_keras2._set_attribute(file, "layer_names", names)
        assert "layer_names1" in file.attrs
        assert weights_keras2._attribute(file, "layer_names") == names


def test_requests_that_make_no_sense(tmp_path):
    with pytest.raises(ValueError, match="layout"):
        weights.save_weights(coders(), tmp_path / "x.h5", "keras4")
    with pytest.raises(ValueError, match="build"):
        weights.load_weights(Decoder(), tmp_path / "x.h5")
