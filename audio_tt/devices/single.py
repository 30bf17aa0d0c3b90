"""One device, and what all kinds of devices have in common."""

import contextlib
import itertools
import json
import os

from audio_tt.errors import UserError


class Devices:
    """One device.

    Attributes:
      count: number of devices that share a batch.
      is_chief: whether this process is the one that writes.
    """

    count = 1
    is_chief = True

    def scope(self):
        """Context in which the model and its optimiser are made, compiled and trained."""
        return contextlib.nullcontext()

    def optimizer(self, optimizer):
        """The same optimiser, made for these devices; it clips the gradient of the whole batch."""
        return optimizer

    def spread(self, arrays):
        """Arrays `[batch, ...]` divided among the devices, for a step of one's own.

        Raises:
          UserError: they cannot be divided, or the backend knows no such arrays.
        """
        return arrays

    def check_same(self, step):
        """Makes sure that all processes go on from the same step.

        Raises:
          UserError: they do not.
        """

    def fit(self, model, batch, first_step, steps_per_epoch, epochs, callbacks=()):
        """Trains a compiled model, as `Model.fit` does.

        Args:
          model: a `keras.Model` with a `compute_loss` of batches without targets.
          batch: function of a step to a dict of arrays `[batch, ...]`, the same in every process.
          first_step: to begin with; a multiple of `steps_per_epoch`.
          steps_per_epoch: steps an epoch.
          epochs: total number of epochs, those before `first_step` included.
          callbacks: of Keras.

        Raises:
          UserError: the batch cannot be divided among the devices.
        """
        model.fit(
            ((self._local(batch(step)),) for step in itertools.count(first_step)),
            steps_per_epoch=steps_per_epoch,
            initial_epoch=first_step // steps_per_epoch,
            epochs=epochs,
            callbacks=list(callbacks),
            verbose=0,
        )

    def _local(self, batch):
        """The part of a batch that this process works on."""
        return batch


def share(batch, index, count):
    """The part of a batch that device `index` of `count` works on, as consecutive examples.

    Raises:
      UserError: the batch cannot be divided by `count`.
    """
    size, rest = divmod(len(next(iter(batch.values()))), count)
    if rest:
        raise UserError(f"a batch of {size * count + rest} cannot be divided among {count} devices")
    return {key: values[index * size : (index + 1) * size] for key, values in batch.items()}


_EXAMPLE = (
    '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
)


def read_tf_config():
    """The workers' addresses and this one's index, from the environment variable TF_CONFIG.

    Raises:
      UserError: it is missing or wrong.
    """
    try:
        config = json.loads(os.environ["TF_CONFIG"])
        workers, index = list(config["cluster"]["worker"]), int(config["task"]["index"])
        workers[index]
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise UserError(
            f"--strategy=multiworker wants TF_CONFIG in the environment, such as {_EXAMPLE}"
        ) from error
    return workers, index
