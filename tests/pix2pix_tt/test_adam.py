import keras
import numpy as np

from pix2pix_tt import fast


def test_adam_does_what_that_of_keras_does():
    random = np.random.default_rng(0)
    start = random.standard_normal((3, 4)).astype("float32")
    gradients = random.standard_normal((4, 3, 4)).astype("float32")
    gradients[:, 0, 0] = 0.0, 1e-8, 1e-6, 0.0
    results = []
    for optimizer in (fast.adam(1e-2), keras.optimizers.Adam(1e-2, epsilon=1e-7)):
        variable = keras.Variable(start)
        for i, gradient in enumerate(gradients):
            optimizer.learning_rate = 1e-2 / (i + 1)
            optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        results.append([np.array(v) for v in (variable, *optimizer.variables)])
    for found, expected in zip(*results, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
    assert np.abs(results[0][0] - start).max() > 1e-2
