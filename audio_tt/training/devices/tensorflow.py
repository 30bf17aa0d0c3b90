"""`tf.distribute`: a replica of the model on each device, gradients added up among them."""

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NoReturn

from audio_tt import compat
from audio_tt.errors import UserError
from audio_tt.training.devices import single

if TYPE_CHECKING:
    import keras


class TensorFlowDevices(single.Devices):
    """All devices of this machine, or of the machines in TF_CONFIG."""

    def __init__(self, strategy: Any):
        import tensorflow as tf

        self._workers, self._index = 1, 0
        if strategy == "multiworker":
            workers, self._index = single.read_tf_config()
            self._workers = len(workers)
            self._strategy = tf.distribute.MultiWorkerMirroredStrategy()
        else:
            self._strategy = tf.distribute.MirroredStrategy()
        self.count = self._strategy.num_replicas_in_sync
        self.is_chief = self._index == 0

    def scope(self) -> AbstractContextManager:
        """See `Devices.scope`."""
        return self._strategy.scope()

    def optimizer(self, optimizer: Any) -> "keras.optimizers.Optimizer":
        """See `Devices.optimizer`; Keras itself clips each device's gradient alone."""
        kind = compat.clipped_after_summing(type(optimizer))
        return kind.from_config(optimizer.get_config())

    def spread(self, arrays: Any) -> NoReturn:
        """See `Devices.spread`; not on TensorFlow, whose replicas would each normalise alone."""
        raise UserError("this training takes one device on TensorFlow; use KERAS_BACKEND=jax")

    def check_same(self, step: int) -> None:
        """See `Devices.check_same`."""
        import tensorflow as tf

        steps = self._strategy.run(lambda: tf.constant(float(step)))
        if abs(self._mean(steps) - step) > 0.1:
            raise UserError(
                f"this worker is at step {step} and others are not; all need the same --save_dir"
            )

    def fit(
        self,
        model: Any,
        batch: Any,
        first_step: int,
        num_steps: int,
        steps_per_row: int,
        end_row: Callable[[int, dict[str, float]], bool | None],
    ) -> None:
        """See `Devices.fit`; Keras's own neither reads dicts nor adds up figures of machines."""
        import tensorflow as tf

        whole = model.compute_loss
        # The devices' losses are added up, and Keras expects each to be its part already.
        model.compute_loss = lambda *batch, **options: whole(*batch, **options) / self.count

        @tf.function
        def step(data):
            return tf.nest.map_structure(self._mean, self._strategy.run(model.train_step, (data,)))

        batches = iter(self._shares(batch, first_step))
        rows = (
            (first + (row + 1) * steps, steps)
            for first, steps, count in single.stretches(first_step, num_steps, steps_per_row)
            for row in range(count)
        )
        for end, steps in rows:
            model.reset_metrics()
            for _ in range(steps):
                figures = self._unless_alone(step, next(batches))
            if end_row(end, {key: float(value) for key, value in figures.items()}):
                break
        del model.compute_loss

    def _unless_alone(self, step, data):
        import tensorflow as tf

        try:
            return step(data)
        except (tf.errors.UnavailableError, tf.errors.AbortedError) as error:
            raise UserError(
                "another worker is gone; give the same command on all workers again to go on"
            ) from error

    def _mean(self, values):
        return self._strategy.reduce("MEAN", values, axis=None)

    def _shares(self, batch, first_step):
        """Batches of this process's devices, one device after the other."""
        import tensorflow as tf

        local = self.count // self._workers
        devices = range(self._index * local, (self._index + 1) * local)
        signature = {
            key: tf.TensorSpec(values.shape, values.dtype)
            for key, values in single.share(batch(first_step), 0, self.count).items()
        }

        def shares():
            for step in itertools.count(first_step):
                whole = batch(step)
                for device in devices:
                    yield (single.share(whole, device, self.count),)

        return self._strategy.distribute_datasets_from_function(
            lambda context: tf.data.Dataset.from_generator(shares, output_signature=(signature,))
        )
