"""Training of a DDSP model in a run directory that can be stopped and resumed at any moment."""

import contextlib
from pathlib import Path
from typing import Any

import gin
import keras
import numpy as np
from absl import logging

from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files import io
from audio_tt.models import weights
from audio_tt.training import run_settings
from audio_tt.training.devices import Devices
from audio_tt.training.run_directory import RunDirectory
from ddsp_tt.data import example_files
from ddsp_tt.data.preparation import Measured, features_and_power
from ddsp_tt.features import fitting, statistics
from ddsp_tt.trained.files import MODEL_FILE, STATISTICS_FILE
from ddsp_tt.training import warm_start

# What may be another when a run goes on: how far it goes, what it writes on the way, and paths.
_FREE = (
    "train.num_steps",
    "train.early_stop_loss_value",
    "train.steps_per_save",
    "train.steps_per_summary",
    "train.data_provider",
    "train_two_stage.source_steps",
    "train_two_stage.target_steps",
    "TFRecordProvider.file_pattern",
)
_EVALUATION_CROPS = 16
_EVALUATION_SEED = 1234
_SAMPLE_SECONDS = 8.0


@gin.register(module="ddsp.training.trainers")
class Trainer:
    """The optimiser: Adam with gradient clipping and a learning rate that decays continuously.

    Args:
      learning_rate: at step 0.
      lr_decay_steps: steps after which the rate is multiplied by `lr_decay_rate`.
      lr_decay_rate: that factor.
      grad_clip_norm: upper limit of the global gradient norm.
    """

    def __init__(
        self,
        learning_rate: float = 1e-3,
        lr_decay_steps: int = 10000,
        lr_decay_rate: float = 0.98,
        grad_clip_norm: float = 3.0,
    ):
        schedule = keras.optimizers.schedules.ExponentialDecay(
            learning_rate, lr_decay_steps, lr_decay_rate
        )
        self.optimizer = keras.optimizers.Adam(
            schedule, epsilon=1e-7, global_clipnorm=grad_clip_norm
        )


@gin.configurable(module="ddsp.training.train_util")
def train(
    model: Any,
    save_dir: str | Path,
    data_dir: str | Path | None = None,
    eval_data_dir: str | Path | None = None,
    eval_split_fraction: float = 0.0,
    data_provider: Any = None,
    trainer: Any = None,
    num_steps: int = 30000,
    batch_size: int = 16,
    crop_seconds: float = 4.0,
    steps_per_summary: int = 300,
    steps_per_save: int = 300,
    leave_out_doubtful: bool = False,
    early_stop_loss_value: float | None = None,
    seed: int = 0,
    devices: Any = None,
    start_from: str | Path | None = None,
    change_settings: bool = False,
) -> None:
    """Trains up to `num_steps` steps in total; a run that stands in `save_dir` already goes on.

    A new run in a folder that holds weights begins from those.

    Leaves in `save_dir`: `model.h5`, `operative_config.gin`, `dataset_statistics.json` (the folder
    is then a model that every command takes), `state.h5`, `history.csv` with its plot, audio under
    `samples/`, TensorBoard events.

    Args:
      model: an `Autoencoder`, or another of `ddsp_tt.models`.
      save_dir: the run directory.
      data_dir: folder of prepared examples; None where gin names a provider.
      eval_data_dir: folder of held-out ones, for the column `val_loss` and the samples.
      eval_split_fraction: share of `data_dir` to hold out where there is no `eval_data_dir`, see
        `data.split`.
      data_provider: a `TFRecordProvider`, used where there is no `data_dir`.
      trainer: a `Trainer`; None for one with gin's settings.
      num_steps: total number of steps.
      batch_size: crops a step.
      crop_seconds: length of a crop.
      steps_per_summary: steps a row of `history.csv`.
      steps_per_save: steps between states, samples and evaluations; where a row does not end then,
        they come with the next one.
      leave_out_doubtful: keep frames without one sure pitch, which preparation has marked, out of
        the loss (`data_dir` only).
      early_stop_loss_value: mean loss of a row at which training ends; None for never.
      seed: of crops and initial weights (set before the model was built).
      start_from: weights that a new run begins from, see `warm_start.begin`; None for random ones.
      change_settings: whether a run that stands there may go on with other settings.
      devices: the `training.devices.Devices` in whose scope the model was made; None for one.

    Raises:
      UserError: no data, data of other rates or lengths than the model's, another process trains in
        `save_dir`, or the run there has other settings.
    """
    run = RunDirectory(save_dir)
    devices = devices or Devices()
    trainer = trainer or gin.get_configurable(Trainer)()
    changes = run_settings.check(run, _FREE, change_settings)
    provider, held_out, table = _open_data(
        data_dir,
        eval_data_dir,
        eval_split_fraction,
        data_provider,
        crop_seconds,
        batch_size,
        seed,
        leave_out_doubtful,
        getattr(getattr(model, "preprocessor", None), "power_window_length", None),
    )
    _check_fit(model, provider)
    sample = (held_out or provider).examples[0]
    held_out = held_out and held_out.batch(0)
    with run.lock() if devices.is_chief else contextlib.nullcontext(), devices.scope():
        model(provider.batch(0))
        optimizer = devices.optimizer(trainer.optimizer)
        model.compile(optimizer)
        optimizer.build(model.trainable_variables)
        variables = [*model.variables, *optimizer.variables]
        state = run.load_state(variables)
        if state is None:
            warm_start.begin(model, run.path, start_from)
        first_step = int(state["step"]) if state else 0
        goal = _Goal(early_stop_loss_value)
        devices.check_same(first_step)
        if devices.is_chief:
            run_settings.keep(run, changes, first_step)
            statistics.save_json(table, run.path / STATISTICS_FILE)
        if first_step >= num_steps:
            logging.info(
                "%s: %d steps are done; train.num_steps is the total", run.path, first_step
            )
        elif not goal.was_reached(run):
            with progress(num_steps, "Training", "step") as bar:
                bar.update(first_step)
                keeper = _RunWriter(run, model, variables, held_out, sample, bar, goal)
                keeper.steps_per_save, keeper.num_steps = steps_per_save, num_steps
                keeper.writes = devices.is_chief
                devices.fit(
                    model, provider.batch, first_step, num_steps, steps_per_summary, keeper.end_row
                )
        if devices.is_chief:
            weights.save_weights(model, run.path / MODEL_FILE)


def _open_data(
    data_dir,
    eval_data_dir,
    eval_split_fraction,
    data_provider,
    crop_seconds,
    batch_size,
    seed,
    weighted,
    power_window_length,
):
    """Provider of the examples to train on, that of the held-out ones or None, and statistics."""
    held_out_paths = example_files.find_examples(eval_data_dir) if eval_data_dir else []
    if data_dir is not None:
        paths = example_files.find_examples(data_dir)
        if eval_split_fraction and not eval_data_dir:
            paths, held_out_paths = example_files.split(paths, eval_split_fraction)
        provider = example_files.CropProvider(paths, crop_seconds, batch_size, seed, weighted)
        if weighted:
            logging.info(
                "%.1f %% of the frames have no sure single pitch, and are left out of the loss",
                100 * (1 - provider.weighted_share),
            )
        table = statistics.load_json(Path(data_dir) / STATISTICS_FILE)
        if power_window_length:  # those of the folder are of windows of another length
            table |= statistics.compute_statistics(
                Measured(paths, power_window_length),
                smoothing=fitting.smoothing_of(provider.rates.frame_rate),
            )
    elif data_provider is not None:
        provider = data_provider
        provider.batch_size, provider.seed = batch_size, seed
        table = statistics.compute_statistics(
            [features_and_power(example) for example in provider.examples],
            smoothing=fitting.smoothing_of(provider.rates.frame_rate),
        )
    else:
        raise UserError("no data: give --data_dir, or train.data_provider in gin")
    held_out = None
    if held_out_paths:
        held_out = example_files.CropProvider(
            held_out_paths, crop_seconds, _EVALUATION_CROPS, _EVALUATION_SEED, weighted
        )
    return provider, held_out, table


def _check_fit(model, provider):
    """Makes sure that batches have the rates and, where that is fixed, the length of the model."""
    example_files.check_rates({"rates": provider.rates}, model.rates, "the model")
    if model.crop_frames not in (None, provider.n_frames):
        seconds = model.crop_frames / model.rates.frame_rate
        raise UserError(
            f"the model is made for {seconds:g} s, and the crops are "
            f"{provider.n_frames / provider.rates.frame_rate:g} s: set train.crop_seconds = "
            f"{seconds:g} (TFRecordProvider.example_secs), or Harmonic.n_samples, "
            "FilteredNoise.n_samples and the preprocessor's time_steps to None"
        )


class _Goal:
    """The loss at which training ends; None where it does not."""

    def __init__(self, loss):
        self._loss = loss

    def is_reached(self, step, loss):
        """Whether a row's loss is as low as that, which is said."""
        if self._loss is None or loss > self._loss:
            return False
        logging.info(
            "after %d steps: the loss, %.4g, has reached train.early_stop_loss_value = %g",
            step,
            loss,
            self._loss,
        )
        return True

    def was_reached(self, run):
        """Whether that is so in the last row of a run."""
        row = run.history()[-1:]
        return bool(row) and self.is_reached(row[0]["step"], row[0]["loss"])


class _RunWriter:
    """Writes the history after every row's steps, and state, samples and plot at every save."""

    def __init__(self, run, model, variables, held_out, example, bar, goal):
        self.run = run
        self.model = model
        self.kept = variables
        self.held_out = held_out
        self.example = example
        self.bar = bar
        self.goal = goal
        self._ended = self._counted = bar.n

    def end_row(self, step, figures):
        """Takes the number of steps done, and the figures of those since the row before.

        Returns whether training ends here.
        """
        row = {"step": step, "loss": figures["loss"]}
        is_due = step // self.steps_per_save > self._ended // self.steps_per_save
        is_end = self.goal.is_reached(step, row["loss"])
        is_save, self._ended = is_due or is_end or step >= self.num_steps, step
        if is_save and self.held_out is not None:
            row["val_loss"] = evaluate_loss(self.model, self.held_out)
        audio = resynthesise(self.model, self.example) if is_save else None
        if self.writes:
            self.write(row, audio)
        return is_end

    def write(self, row, audio):
        """Writes the figures of a step and, with audio, all that a save leaves."""
        step = row["step"]
        self.run.append_history(row)
        self.bar.set_postfix(**{key: f"{value:.3f}" for key, value in row.items() if key != "step"})
        self.bar.update(step - self._counted)
        self._counted = step
        if audio is not None:
            path = self.run.sample_path(step, "resynthesis.wav")
            io.write(path, audio, self.model.rates.sample_rate)
            self.run.plot_history()
            weights.save_weights(self.model, self.run.path / MODEL_FILE)
            # Last, so that what drew random numbers above does so in a resumed run as well.
            self.run.save_state(self.kept, step)


def evaluate_loss(model: Any, batch: Any) -> float:
    """Sum of the model's losses on one batch."""
    return float(model.compute_loss(batch, y_pred=model(batch)))


def resynthesise(
    model: Any, example: dict[str, Any], seconds: float = _SAMPLE_SECONDS
) -> np.ndarray:
    """The beginning of a prepared example, as the model plays it: float32 `[samples]`."""
    n_frames = min(round(seconds * model.rates.frame_rate), len(example["f0_hz"]))
    n_frames = model.crop_frames or n_frames
    batch = {key: example[key][None, :n_frames] for key in example_files.FEATURES}
    for key, hop_length in (
        ("audio", model.rates.hop_length),
        ("audio_16k", model.rates.measuring_hop_length),
    ):
        batch[key] = example[key][None, : n_frames * hop_length]
    return np.asarray(keras.ops.convert_to_numpy(model.resynthesise(batch)[0]))
