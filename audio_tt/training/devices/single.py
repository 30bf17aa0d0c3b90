"""One device, and what all kinds of devices have in common."""

import contextlib
import itertools
import json
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from audio_tt.errors import UserError

if TYPE_CHECKING:
    import keras
    import numpy as np


class Devices:
    """One device.

    Attributes:
      count: number of devices that share a batch.
      is_chief: whether this process is the one that writes.
    """

    count = 1
    is_chief = True

    def scope(self) -> contextlib.AbstractContextManager:
        """Context in which the model and its optimiser are made, compiled and trained."""
        return contextlib.nullcontext()

    def optimizer(self, optimizer: Any) -> "keras.optimizers.Optimizer":
        """The same optimiser, made for these devices; it clips the gradient of the whole batch."""
        return optimizer

    def spread(self, arrays: Any) -> Sequence[Any]:
        """Arrays `[batch, ...]` divided among the devices, for a step of one's own.

        Raises:
          UserError: they cannot be divided, or the backend knows no such arrays.
        """
        return arrays

    def check_same(self, step: int) -> None:
        """Makes sure that all processes go on from the same step.

        Raises:
          UserError: they do not.
        """

    def fit(
        self,
        model: Any,
        batch: Any,
        first_step: int,
        num_steps: int,
        steps_per_row: int,
        end_row: Callable[[int, dict[str, float]], bool | None],
    ) -> None:
        """Trains a compiled model, as `Model.fit` does.

        Args:
          model: a `keras.Model` with a `compute_loss` of batches without targets.
          batch: function of a step to a dict of arrays `[batch, ...]`, the same in every process.
          first_step: how many steps are done.
          num_steps: how many are to be done, those included.
          steps_per_row: after every so many steps `end_row` is called, and at the end.
          end_row: function of the number of steps done and a dict of the mean figures since; where
            it returns True, training ends.

        Raises:
          UserError: the batch cannot be divided among the devices.
        """
        import keras

        for first, steps, rows in stretches(first_step, num_steps, steps_per_row):
            model.fit(
                ((self._local(batch(step)),) for step in itertools.count(first)),
                steps_per_epoch=steps,
                epochs=rows,
                callbacks=[
                    keras.callbacks.LambdaCallback(
                        on_epoch_end=_ended(model, first, steps, end_row)
                    )
                ],
                verbose=0,
            )
            if model.stop_training:
                break

    def _local(self, batch):
        """The part of a batch that this process works on."""
        return batch


def _ended(model, first, steps, end_row):
    def end(epoch, figures):
        model.stop_training = bool(end_row(first + (epoch + 1) * steps, figures))

    return end


def stretches(
    first_step: int, num_steps: int, steps_per_row: int
) -> Iterator[tuple[int, int, int]]:
    """Yields (first step, steps a row, rows): whole rows, and what is left before and after."""
    head = min(-first_step % steps_per_row, num_steps - first_step)
    if head > 0:
        yield first_step, head, 1
        first_step += head
    rows, tail = divmod(max(num_steps - first_step, 0), steps_per_row)
    if rows:
        yield first_step, steps_per_row, rows
    if tail:
        yield num_steps - tail, tail, 1


def share(batch: Any, index: int, count: int) -> dict[str, "np.ndarray"]:
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


def read_tf_config() -> tuple[list[str], int]:
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
