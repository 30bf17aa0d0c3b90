"""Training in a run directory that can be stopped and resumed at any moment."""

import functools
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gin
import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.models import weights
from audio_tt.setting_types import checked
from audio_tt.training import run_settings, starting
from audio_tt.training.devices import Devices
from audio_tt.training.run_directory import RunDirectory
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.trained.files import BEST_FILE, GENERATOR_FILE, HISTORY_FILE, STYLES_FILE
from pix2pix_tt.training import epoch_pictures, history

# What may be another when a run goes on: how far it goes, and what it writes on the way.
_FREE = (
    "train_pix2pix.epochs",
    "train_pix2pix.epoch_offset",
    "train_pix2pix.validation_steps",
    "train_pix2pix.save_minutes",
    "train_pix2pix.keep_epochs",
)
_LOOK_EVERY = 10  # steps between two looks at figures, each of which waits for the device


@gin.configurable("train_pix2pix", module="pix2pix_tt.training")
@checked("train_pix2pix")
def train(
    trainer: Any,
    pairs: Any,
    run_path: str | Path,
    recordings: Any = None,
    epochs: int = 100,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    decay_epochs: int = 0,
    save_minutes: float = 10.0,
    keep_epochs: tuple[int, ...] = (),
    epoch_offset: int = 0,
    devices: Devices | None = None,
    start_from: Path | None = None,
    change_settings: bool = False,
) -> None:
    """Trains up to `epochs` epochs in total; a run that stands in `run_path` already goes on.

    Leaves the weights, `generator_best.h5` of the epoch with the least held-out `gen_mae`,
    `operative_config.gin`, `history.csv` with its plot, `state.h5`, `samples/` and, of a
    conditioned generator, `styles.npz`: float16 `[bins, frames]` in 0..1 for each target.

    Args:
      trainer: a `Trainer`.
      pairs: `SlicePairs`.
      run_path: the run directory.
      recordings: a `listening.Recordings`, played and drawn after each epoch; by default a song of
        the pairs, a held-out one where there is any, is only drawn.
      epochs: total number of epochs.
      steps_per_epoch: batches an epoch, for short epochs on a large set; all by default.
      validation_steps: batches that figures on held-out slices are computed from; all by default.
      decay_epochs: over so many epochs, the last ones, the learning rates fall linearly to 0.
      save_minutes: how much work may be lost when a long epoch is interrupted.
      keep_epochs: epochs whose generator is kept as `samples/EPOCH/generator.h5`.
      epoch_offset: is added to the numbers of epochs in the history and in the samples. A run that
        starts from weights alone goes on counting where its history ends in any case.
      devices: the `training.devices.Devices` in whose scope the trainer was made; None for one.
      start_from: weights of a generator that a new run begins from, with those of the discriminator
        where they lie beside them; None for those that are in the run directory, or else random
        ones.
      change_settings: whether a run that stands there may go on with other settings.

    Raises:
      UserError: another process trains there, what stands there does not fit or has other settings,
        or the losses are no longer finite.
    """
    run = RunDirectory(run_path)
    changes = run_settings.check(run, _FREE, change_settings)
    with run.lock():
        progress_made = _resume(run, trainer, epoch_offset, start_from)
        run_settings.keep(run, changes, progress_made["epoch"])
        if pairs.conditioned:
            _save_styles(run.path / STYLES_FILE, pairs)
        per_epoch = steps_per_epoch or pairs.steps_per_pass
        if progress_made.get("steps_per_epoch") != per_epoch:
            progress_made |= {"steps_per_epoch": per_epoch, "position": 0, "sums": None}
        held_out = pairs.held_out_batches(validation_steps)
        keeper = _Keeper(run, trainer, held_out, _samplers(pairs, recordings), keep_epochs)
        first = progress_made["epoch"]
        if first >= epochs:
            logging.info("%s: %d epochs are done; --epochs is the total", run.path, first)
            return
        keeper.save_state(progress_made)
        start = first * per_epoch + progress_made["position"]
        readers = (
            functools.partial(pairs.batch, step) for step in range(start, epochs * per_epoch)
        )
        batches = map((devices or Devices()).spread, slice_pairs.prefetch(readers))
        for epoch in range(first, epochs):
            rates = [
                learning_rates(trainer.rates, epoch + i / per_epoch, epochs, decay_epochs)
                for i in range(per_epoch)
            ]
            _run_epoch(trainer, batches, rates, progress_made, keeper, save_minutes * 60.0)
            keeper.end_epoch(progress_made)


def _run_epoch(trainer, batches, rates, progress_made, keeper, save_seconds):
    """Takes the steps of an epoch that are still to be taken, and keeps count of them."""
    number = progress_made["epoch"] + 1 + progress_made["offset"]
    first, last = progress_made["position"], len(rates)
    sums = np.array(progress_made["sums"] or [0.0] * len(trainer.figures))
    saved = time.monotonic()
    waiting = []
    with progress(last, f"Epoch {number}", "step") as bar:
        bar.update(first)
        for position, batch in zip(range(first + 1, last + 1), batches, strict=False):
            waiting.append(trainer.step(batch, *rates[position - 1]))
            if position % _LOOK_EVERY and position < last:
                continue
            figures = np.array([np.asarray(figure) for figure in waiting], np.float64)
            _check_finite(figures, number)
            waiting.clear()
            sums += figures.sum(axis=0)
            progress_made |= {"position": position, "sums": sums.tolist()}
            bar.set_postfix(
                {n: f"{v:.4g}" for n, v in zip(trainer.figures, sums / position, strict=True)}
            )
            bar.update(len(figures))
            if time.monotonic() - saved > save_seconds and position < last:
                keeper.save_state(progress_made)
                saved = time.monotonic()


def _check_finite(figures, epoch):
    if not np.isfinite(figures).all():
        raise UserError(
            f"the losses are no longer finite in epoch {epoch}; use lower learning rates. The same "
            "command goes on from the last state that was saved"
        )


def learning_rates(
    rates: Sequence[float], epochs_done: int, epochs: int, decay_epochs: int
) -> list[float]:
    """Learning rates after so many epochs, of which the last ones lower them linearly to 0."""
    left = epochs - epochs_done
    factor = left / decay_epochs if left < decay_epochs else 1.0
    return [rate * factor for rate in rates]


def _resume(run, trainer, epoch_offset, start_from):
    """Brings back what is in the run directory and says how far the training is."""
    state = run.load_state(trainer.state)
    if state is not None:
        state.pop("step")
        return state
    for name, network in trainer.networks.items():
        path = run.path / name
        if start_from is not None:
            path = start_from if name == GENERATOR_FILE else start_from.with_name(name)
        if path.exists():
            starting.begin(network, path, is_own=start_from is None)
    history.adopt(run.path / HISTORY_FILE)
    counted = max([int(row["epoch"]) for row in run.history()], default=0)
    return {"epoch": 0, "position": 0, "sums": None, "offset": max(epoch_offset, counted)}


def _samplers(pairs, recordings):
    """Functions of (run, epoch, trainer) that write what there is to see and to hear."""
    if recordings is None:
        songs = {
            target: pairs.beginning(target, epoch_pictures.N_SLICES) for target in pairs.targets
        }
        return [epoch_pictures.Pictures(songs).write]
    return [epoch_pictures.Pictures(recordings.songs).write, recordings.write]


def _save_styles(path, pairs):
    styles = {target: pairs.style(target).astype(np.float16) for target in pairs.targets}
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **styles)


class _Keeper:
    """Writes what a run leaves behind."""

    def __init__(self, run, trainer, held_out, samplers, keep_epochs):
        self.run = run
        self.trainer = trainer
        self.held_out = held_out
        self.samplers = samplers
        self.keep_epochs = keep_epochs

    def save_state(self, progress_made):
        """Saves everything that a resume needs."""
        step = progress_made["epoch"] * progress_made["steps_per_epoch"] + progress_made["position"]
        self.run.save_state(self.trainer.state, step, **progress_made)

    def end_epoch(self, progress_made):
        """Computes the figures of the epoch and writes everything."""
        means = np.array(progress_made["sums"]) / progress_made["position"]
        progress_made |= {"epoch": progress_made["epoch"] + 1, "position": 0, "sums": None}
        number = progress_made["epoch"] + progress_made["offset"]
        row = self._row(number, means)
        self.run.append_history(row)
        told = [f"{k} {v:.4g}" for k, v in list(row.items())[1:] if v is not None]
        logging.info("epoch %d: %s", number, ", ".join(told))
        self._save_weights(number, row)
        for write in self.samplers:
            write(self.run, number, self.trainer)
        self.run.plot_history()
        # Last, so that a run that is killed above repeats all of it.
        self.save_state(progress_made)

    def _row(self, number, means):
        held_out = [None] * len(means)  # a column all the same: the table always has the same ones
        if self.held_out:
            held_out = self.trainer.evaluate(slice_pairs.prefetch(self.held_out))
        row = {"epoch": number}
        for name, mean, other in zip(self.trainer.figures, means, held_out, strict=True):
            row |= {name: mean, name + history.HELD_OUT: other}
        return row

    def _save_weights(self, number, row):
        for name, network in self.trainer.networks.items():
            weights.save_weights(network, self.run.path / name)
        best = min(
            (old["gen_mae_val"] for old in self.run.history() if "gen_mae_val" in old),
            default=None,
        )
        if row["gen_mae_val"] is not None and row["gen_mae_val"] <= best:
            weights.save_weights(self.trainer.generator, self.run.path / BEST_FILE)
        if number in self.keep_epochs:
            weights.save_weights(
                self.trainer.generator, self.run.sample_path(number, GENERATOR_FILE)
            )
