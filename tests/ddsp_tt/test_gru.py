import keras
import numpy as np
import pytest
from keras import ops

from audio_tt.models.compilation import compiled
from ddsp_tt.models.gru import Gru

BACKEND = keras.backend.backend()
MODES = {"tensorflow": ["eager", "graph", "xla"], "jax": ["eager", "graph"]}[BACKEND]
BATCH, FRAMES, CHANNELS, UNITS = 3, 17, 5, 8


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pair_of_layers():
    """Ours and Keras's with the same weights, none of them zero."""
    ours, theirs = Gru(UNITS), keras.layers.GRU(UNITS, return_sequences=True)
    ours.build((None, None, CHANNELS))
    theirs.build((None, None, CHANNELS))
    weights = [random(*w.shape, seed=i) * 0.5 for i, w in enumerate(theirs.get_weights())]
    ours.set_weights(weights)
    theirs.set_weights(weights)
    return ours, theirs


def gradients(layer, inputs, state, upstream, mode):
    """Output, and gradients of a weighted sum of it for inputs, state and the three weights."""
    if BACKEND == "jax":
        import jax

        def loss(inputs, state, weights):
            other = [v.value for v in layer.non_trainable_variables]
            outputs, _ = layer.stateless_call(weights, other, inputs, initial_state=state)
            return ops.sum(outputs * upstream), outputs

        function = jax.grad(loss, argnums=(0, 1, 2), has_aux=True)
        function = jax.jit(function) if mode == "graph" else function
        weights = [v.value for v in layer.trainable_variables]
        (d_inputs, d_state, d_weights), outputs = function(inputs, state, weights)
        return [np.asarray(x) for x in (outputs, d_inputs, d_state, *d_weights)]

    import tensorflow as tf

    def function(inputs, state):
        with tf.GradientTape() as tape:
            tape.watch([inputs, state])
            outputs = layer(inputs, initial_state=state)
            loss = tf.reduce_sum(outputs * upstream)
        sources = [inputs, state, *(v.value for v in layer.trainable_variables)]
        return [outputs, *tape.gradient(loss, sources)]

    if mode != "eager":
        function = tf.function(function, jit_compile=mode == "xla")
    return [x.numpy() for x in function(tf.constant(inputs), tf.constant(state))]


@pytest.mark.parametrize("mode", MODES)
def test_outputs_and_every_gradient_equal_keras(mode):
    ours, theirs = pair_of_layers()
    inputs, state = random(BATCH, FRAMES, CHANNELS), random(BATCH, UNITS, seed=1)
    upstream = random(BATCH, FRAMES, UNITS, seed=2)
    expected = gradients(theirs, inputs, state, upstream, mode)
    for got, want in zip(gradients(ours, inputs, state, upstream, mode), expected, strict=True):
        assert np.abs(want).max() > 0.1
        np.testing.assert_allclose(got, want, atol=1e-5 * max(1, np.abs(want).max()), rtol=0)


def test_layers_of_several_sizes_and_inputs_of_several_lengths():
    for units, frames in ((4, 3), (6, 3), (4, 5)):
        layer = Gru(units)
        layer.build((None, None, CHANNELS))
        upstream = random(2, frames, units)
        inputs, state = random(2, frames, CHANNELS), random(2, units)
        found = gradients(layer, inputs, state, upstream, "graph")
        assert found[0].shape == (2, frames, units)
        assert [x.shape for x in found[1:3]] == [inputs.shape, state.shape]
        assert all(np.abs(x).max() > 0 for x in found)


def test_the_number_of_frames_stays_known_inside_a_graph():
    layer, known = Gru(5), []
    layer.build((2, None, 3))

    def graph(inputs):
        outputs = layer(inputs)
        known.append(tuple(outputs.shape))
        return outputs

    for n_frames in (7, 9, 12):
        compiled(graph, layer.variables)(random(2, n_frames, 3))
    assert known == [(2, 7, 5), (2, 9, 5), (2, 12, 5)]


def test_weights_have_the_published_names_and_shapes():
    ours, _ = pair_of_layers()
    assert {w.name: tuple(w.shape) for w in ours.weights} == {
        "kernel": (CHANNELS, 3 * UNITS),
        "recurrent_kernel": (UNITS, 3 * UNITS),
        "bias": (2, 3 * UNITS),
    }


def test_blocks_with_carried_state_equal_the_whole():
    ours, _ = pair_of_layers()
    inputs = random(2, 11, CHANNELS)
    whole = ops.convert_to_numpy(ours(inputs))
    state, parts = None, []
    for block in (inputs[:, :4], inputs[:, 4:5], inputs[:, 5:]):
        outputs, state = ours(block, initial_state=state, return_state=True)
        parts.append(ops.convert_to_numpy(outputs))
    np.testing.assert_allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)
    np.testing.assert_allclose(ops.convert_to_numpy(state), whole[:, -1], atol=1e-6)


def test_one_frame():
    ours, theirs = pair_of_layers()
    frame = random(2, 1, CHANNELS)
    got, want = ops.convert_to_numpy(ours(frame)), ops.convert_to_numpy(theirs(frame))
    np.testing.assert_allclose(got, want, atol=1e-6)


@pytest.mark.graph
def test_trains_in_a_model():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, CHANNELS))
    model = keras.Model(inputs, keras.layers.Dense(1)(Gru(UNITS)(inputs)))
    assert model.output_shape == (None, None, 1)
    model.compile("adam", "mse")
    x = random(8, 10, CHANNELS)
    y = np.cumsum(x[..., :1], axis=1)
    losses = model.fit(x, y, epochs=8, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_half_precision_keeps_its_type():
    layer = Gru(UNITS, dtype="mixed_bfloat16")
    outputs, state = layer(random(2, 3, CHANNELS), return_state=True)
    assert {keras.backend.standardize_dtype(x.dtype) for x in (outputs, state)} == {"bfloat16"}
