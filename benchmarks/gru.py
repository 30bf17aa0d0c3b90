"""The Gru layer against `keras.layers.GRU`: forward, and forward and backward, compiled alike.

python benchmarks/gru.py, in any environment of this project; KERAS_BACKEND chooses the backend.
"""

import argparse
import sys
from pathlib import Path

import paired


def worker(layer_name, mode, units):
    import keras
    import numpy as np

    from ddsp_tt.models.gru import Gru

    inputs = np.random.default_rng(0).standard_normal((4, 1000, 2 * units)).astype("float32")
    if layer_name == "ours":
        layer = Gru(units)
    else:
        layer = keras.layers.GRU(units, return_sequences=True)
    layer.build(inputs.shape)
    inputs = keras.ops.convert_to_tensor(inputs)
    if mode == "forward":
        function, weights = layer.stateless_call, [v.value for v in layer.trainable_variables]
        other = [v.value for v in layer.non_trainable_variables]
        compiled = compile_function(lambda weights, x: function(weights, other, x)[0])
    else:
        compiled, weights = gradient_function(layer), [v.value for v in layer.trainable_variables]
    paired.serve(lambda: np.asarray(compiled(weights, inputs)))


def compile_function(function):
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


def gradient_function(layer):
    import keras
    from keras import ops

    other = [v.value for v in layer.non_trainable_variables]
    if keras.backend.backend() == "jax":
        import jax

        def loss(weights, x):
            return ops.sum(ops.square(layer.stateless_call(weights, other, x)[0]))

        return jax.jit(lambda weights, x: jax.grad(loss)(weights, x)[1])
    import tensorflow as tf

    def gradient(weights, x):
        del weights
        with tf.GradientTape() as tape:
            total = ops.sum(ops.square(layer(x)))
        return tape.gradient(total, [v.value for v in layer.trainable_variables])[1]

    return compile_function(gradient)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--worker", nargs=2)
    arguments = parser.parse_args()
    if arguments.worker:
        sys.exit(worker(*arguments.worker, arguments.units))
    command = [sys.executable, Path(__file__).resolve(), f"--units={arguments.units}", "--worker"]
    for mode in ("forward", "forward and backward"):
        names = {"timbre-tt Gru": "ours", "keras.layers.GRU": "keras"}
        programs = {name: ([*command, layer, mode], {}) for name, layer in names.items()}
        title = f"GRU, batch 4 x 1000 frames, {arguments.units} units, {mode}"
        paired.report(title, paired.measure(programs, arguments.repeats), "keras.layers.GRU")


if __name__ == "__main__":
    main()
