"""Training in a run directory that can be stopped and resumed at any moment."""

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gin
import keras
import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights
from audio_tt.training import run_settings, starting
from audio_tt.training.run_directory import RunDirectory
from autoencoder_tt import losses
from autoencoder_tt.trained import files

# What may be another when a run goes on: how far it goes.
_FREE = ("train_autoencoder.epochs", "train_autoencoder.patience")


@gin.configurable("AutoencoderTrainer", module="autoencoder_tt.training")
class Trainer:
    """The optimiser (Adam) and what it minimises.

    Args:
      learning_rate: at the first step.
      decays: whether it falls to 0 with the last step, along a cosine.
      loss: as `losses.named` knows it.
    """

    def __init__(self, learning_rate: float = 5e-4, decays: bool = False, loss: str = "mse"):
        self.learning_rate, self.decays = learning_rate, decays
        self.loss = losses.named(loss)

    def optimizer(self, steps: int) -> keras.optimizers.Adam:
        """The optimiser of a training of so many steps."""
        rate = self.learning_rate
        if self.decays:
            rate = keras.optimizers.schedules.CosineDecay(rate, steps)
        return keras.optimizers.Adam(rate)


@gin.configurable("train_autoencoder", module="autoencoder_tt.training")
def train(
    network: Any,
    data: Any,
    run_path: str | Path,
    write_sample: Callable | None = None,
    epochs: int = 5,
    patience: int | None = None,
    start_from: str | Path | None = None,
    write_sizes: Callable | None = None,
    change_settings: bool = False,
) -> None:
    """Trains up to `epochs` epochs in total; a run that stands in `run_path` already goes on.

    It ends before that when what is drawn of the held-out recordings has not come nearer to them
    for `patience` epochs. Leaves `weights.h5` of the best epoch (the last one, where nothing is
    held out), `operative_config.gin`, `statistics.json` of the data where there are any,
    `state.h5`, `history.csv` with its plot, what `write_sample` writes, and TensorBoard events.

    Args:
      network: `keras.Model`.
      data: a data set, see `autoencoder_tt.design.Design`.
      run_path: the run directory.
      write_sample: function of the `RunDirectory` and the number of the epoch, called after each,
        which writes what the network draws.
      epochs: total number of epochs.
      patience: epochs without a better `val_lsd_db` after which training ends; None for never.
      start_from: file of weights that a new run begins from; None for random ones.
      write_sizes: function of the run's path that is called before the first step.
      change_settings: whether a run that stands there may go on with other settings.

    Raises:
      UserError: another process trains there, what stands there does not fit or has other settings,
        or the loss is no longer finite.
    """
    run = RunDirectory(run_path)
    with run.lock():
        trainer = Trainer()
        changes = run_settings.check(run, _FREE, change_settings)
        network.compile(trainer.optimizer(epochs * data.steps_per_epoch), trainer.loss)
        network.optimizer.build(network.trainable_variables)
        keeper = _RunKeeper(run, data, write_sample, patience)
        keeper.kept = [*network.variables, *network.optimizer.variables]
        keeper.resume()
        if start_from is not None and not run.has_state:
            starting.begin(network, start_from, is_own=start_from.parent == run.path)
        run_settings.keep(run, changes, keeper.state["epoch"])
        if write_sizes is not None:
            write_sizes(run.path)
        _save_statistics(run, data)
        if keeper.is_over(epochs):
            return
        first = keeper.state["epoch"]
        with progress((epochs - first) * data.steps_per_epoch, "Training", "step") as keeper.bar:
            network.fit(
                _batches(data, first * data.steps_per_epoch),
                steps_per_epoch=data.steps_per_epoch,
                initial_epoch=first,
                epochs=epochs,
                callbacks=[keeper],
                verbose=0,
            )


def lsd_db(network: Any, held_out: Iterable[Any]) -> float:
    """Mean log-spectral distance in dB of what is drawn of held-out data.

    Args:
      network: `keras.Model`.
      held_out: list of `design.HeldOut`.

    Returns:
      Root mean square over the bins of the difference of the levels, averaged over all frames.
    """
    distances = []
    for batch in held_out:
        drawn = np.asarray(keras.ops.convert_to_numpy(network(batch.inputs, training=False)))
        difference = batch.to_db(drawn) - batch.to_db(batch.targets)
        distances.append(np.sqrt(np.mean(np.square(difference), axis=-1)).ravel())
    return float(np.mean(np.concatenate(distances)))


class _RunKeeper(keras.callbacks.Callback):
    """Saves state, figures and samples after every epoch, and ends training that stands still."""

    def __init__(self, run, data, write_sample, patience):
        super().__init__()
        self.run, self.data, self.patience = run, data, patience
        self.write_sample = write_sample
        self.state = {"epoch": 0, "best": math.inf, "best_epoch": 0}

    def resume(self):
        state = self.run.load_state(self.kept)
        if state is not None:
            self.state = {key: state[key] for key in self.state}

    def is_over(self, epochs):
        epoch, best = self.state["epoch"], self.state["best_epoch"]
        if epoch >= epochs:
            logging.info("%s: %d epochs are done; --epochs is the total", self.run.path, epoch)
        elif self._waited():
            logging.info("%s: ended at epoch %d, the best was %d", self.run.path, epoch, best)
        else:
            return False
        return True

    def on_train_batch_end(self, batch, logs=None):
        self.bar.update(1)

    def on_epoch_end(self, epoch, logs=None):
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise UserError(
                f"the loss is no longer finite in epoch {epoch + 1}; use a lower learning rate. "
                "The same command goes on from the last state that was saved"
            )
        row = {"epoch": epoch + 1, "loss": loss}
        held_out = list(self.data.held_out)
        if held_out:
            row["val_lsd_db"] = lsd_db(self.model, held_out)
        self.bar.set_postfix({key: f"{row[key]:.4g}" for key in list(row)[1:]})
        self._keep_best(row)
        self.run.append_history(row)
        self.run.plot_history()
        if self.write_sample is not None:
            self.write_sample(self.run, epoch + 1)
        self.run.save_state(self.kept, epoch + 1, **self.state)
        if self._waited():
            self.model.stop_training = True
            self.is_over(math.inf)

    def _keep_best(self, row):
        self.state["epoch"] = row["epoch"]
        score = row.get("val_lsd_db")
        if score is None or score < self.state["best"]:
            weights.save_weights(self.model, self.run.path / files.WEIGHTS)
            self.state["best_epoch"] = row["epoch"]
            self.state["best"] = math.inf if score is None else score

    def _waited(self):
        waited = self.state["epoch"] - self.state["best_epoch"]
        return self.patience is not None and waited >= self.patience


def _batches(data, step):
    while True:
        yield data.batch(step)
        step += 1


def _save_statistics(run, data):
    if hasattr(data, "statistics"):
        with replacing(run.path / files.STATISTICS) as temporary:
            temporary.write_text(json.dumps(data.statistics(), indent=1), "utf-8")
