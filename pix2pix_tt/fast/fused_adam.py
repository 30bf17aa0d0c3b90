"""Adam by TensorFlow's own operation instead of a dozen, each of which reads every weight.

For 46 million weights that is 0.06 s of processor time instead of 0.57 s; of a step with the
published networks and one slice, a quarter.
"""

from typing import Any

import keras
from keras import ops

from audio_tt import compat
from audio_tt.tensors import Tensor


class FusedAdam(keras.optimizers.Adam):
    """`keras.optimizers.Adam` without weight decay and the like, on TensorFlow alone."""

    def update_step(self, gradient: Tensor, variable: Any, learning_rate: Any) -> None:
        """Changes a variable and its two moments."""
        import tensorflow as tf

        momentum, velocity = compat.adam_moments(self, variable)
        steps = ops.cast(self.iterations + 1, variable.dtype)
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=ops.power(ops.cast(self.beta_1, variable.dtype), steps),
            beta2_power=ops.power(ops.cast(self.beta_2, variable.dtype), steps),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
