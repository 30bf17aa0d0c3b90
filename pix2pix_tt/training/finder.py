"""Which learning rates suit: losses while the rate grows (Smith 2017, section 3.3)."""

import csv
import functools
from pathlib import Path
from typing import Any

import gin
import numpy as np
from absl import logging

from audio_tt import settings
from audio_tt.command.progress import progress
from audio_tt.errors import UserError
from audio_tt.files.atomic import replacing
from audio_tt.setting_types import checked
from audio_tt.training.run_directory import RunDirectory
from pix2pix_tt.data import slice_pairs
from pix2pix_tt.trained.files import FINDER_FILE

_GAVE_UP = 100.0  # times the best loss
_SMOOTHING_DECADES = 0.25
_FEWEST_STEPS = 20


@gin.configurable(module="pix2pix_tt.finder")
@checked("find_learning_rates")
def find_learning_rates(
    trainer: Any,
    pairs: Any,
    run_path: str | Path,
    lowest: float = 1e-9,
    highest: float = 1.0,
    num_steps: int | None = None,
) -> dict[tuple[str, str], float | None]:
    """Trains the generator alone, the discriminator alone and both, each from the same weights.

    The learning rate grows by a constant factor from step to step, and a pass ends when a loss is
    a hundred times its best. Leaves `finder.csv` and `LRFinder_*.png`, a picture for each loss, in
    the run directory, and no weights.

    Args:
      trainer: a `Trainer`.
      pairs: `SlicePairs`.
      run_path: the run directory.
      lowest: rate of the first step.
      highest: rate of the last step.
      num_steps: steps of each; once through the data by default.

    Returns:
      {(pass, loss): suggested learning rate, or None where the loss never fell}.

    Raises:
      UserError: another process trains there, or there are too few steps.
    """
    settings.refuse_unused()
    num_steps = num_steps or pairs.steps_per_pass
    if num_steps < _FEWEST_STEPS:
        raise UserError(
            f"{num_steps} batches are too few to find a learning rate; use a smaller --batch_size "
            f"or --gin_param=find_learning_rates.num_steps={10 * _FEWEST_STEPS}"
        )
    rates = np.geomspace(lowest, highest, num_steps)
    run = RunDirectory(run_path)
    with run.lock():
        passes = {
            name: (rates, _losses(trainer, pairs, rates, learns, name))
            for name, learns in _passes(trainer).items()
        }
        found = {}
        for name, (rates, figures) in passes.items():
            for loss in _losses_of(name, trainer):
                values = figures[:, trainer.figures.index(loss)]
                found[name, loss] = steepest(rates[: len(values)], values)
        _write_table(run.path / FINDER_FILE, trainer.figures, passes)
        for loss in trainer.figures:
            _plot(run.path / f"LRFinder_{loss}.png", loss, trainer, passes, found)
    for (name, loss), rate in found.items():
        suggestion = "never fell" if rate is None else f"falls steepest at {rate:.1e}"
        logging.info("%s alone: %s %s" if name != "both" else "%s: %s %s", name, loss, suggestion)
    return found


def smoothed(rates: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values averaged with a Gaussian over the logarithm of the rate, which does not shift them."""
    decades = np.log10(rates)
    weights = np.exp(-0.5 * ((decades - decades[:, None]) / _SMOOTHING_DECADES) ** 2)
    return weights @ values / weights.sum(axis=1)


def steepest(rates: np.ndarray, values: np.ndarray) -> float | None:
    """The rate at which a loss falls steepest over the logarithm of the rate, before its lowest.

    Args:
      rates: growing, `[steps]`.
      values: the loss, `[steps]`.

    Returns:
      The rate; None where the smoothed loss never falls.
    """
    curve = smoothed(rates, values)
    lowest = int(np.argmin(curve))
    if lowest == 0:
        return None
    slope = np.gradient(curve, np.log10(rates))
    return float(rates[np.argmin(slope[: lowest + 1])])


def _passes(trainer):
    """{name: which of the networks learn}."""
    if len(trainer.networks) == 1:
        return {"generator": [True]}
    return {"generator": [True, False], "discriminator": [False, True], "both": [True, True]}


def _losses_of(name, trainer):
    """The losses that those who learn in a pass can lower."""
    judged = [loss for loss in trainer.figures if loss.startswith("disc")]
    drawn = [loss for loss in trainer.figures if not loss.startswith("disc")]
    return {"generator": drawn, "discriminator": judged, "both": drawn + judged}[name]


def _losses(trainer, pairs, rates, learns, name):
    """Figures `[steps, figures]` of a pass; the trainer is left as it was."""
    before = [np.array(variable) for variable in trainer.state]
    watched = [trainer.figures.index(loss) for loss in _losses_of(name, trainer)]
    figures = []
    batches = slice_pairs.prefetch(
        functools.partial(pairs.batch, step) for step in range(len(rates))
    )
    for rate, batch in zip(progress(list(rates), f"Rates, {name}", "step"), batches, strict=False):
        figures.append(np.asarray(trainer.step(batch, *(rate * learn for learn in learns))))
        current = figures[-1][watched]
        if not np.isfinite(current).all():
            figures.pop()
            break
        if (current > _GAVE_UP * np.min(figures, axis=0)[watched]).any():
            break
    batches.close()
    for variable, value in zip(trainer.state, before, strict=True):
        variable.assign(value)
    return np.array(figures)


def _write_table(path, columns, passes):
    with replacing(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["pass", "learning_rate", *columns])
        for name, (rates, figures) in passes.items():
            for rate, row in zip(rates, figures, strict=False):
                writer.writerow([name, f"{rate:.4e}", *(f"{value:.6g}" for value in row)])


def _plot(path, loss, trainer, passes, found):
    """Draws a loss over the rate, a panel for each pass that can lower it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [name for name in passes if loss in _losses_of(name, trainer)]
    figure = Figure(figsize=(10, 1 + 3 * len(names)), layout="constrained", dpi=120)
    FigureCanvasAgg(figure)
    for axis, name in zip(figure.subplots(len(names), 1, squeeze=False)[:, 0], names, strict=True):
        rates, figures = passes[name]
        values = figures[:, trainer.figures.index(loss)]
        rates = rates[: len(values)]
        axis.plot(rates, values, color="C0", alpha=0.35, label="each step")
        curve = smoothed(rates, values)
        axis.plot(rates, curve, color="C0", label="smoothed")
        # What explodes in the end leaves the rest to be seen.
        low, high = curve.min(), curve[: np.argmin(curve) + 1].max()
        if high > low:
            axis.set_ylim(low - 0.2 * (high - low), high + 0.5 * (high - low))
        if found[name, loss] is not None:
            label = f"steepest: {found[name, loss]:.1e}"
            axis.axvline(found[name, loss], color="C1", ls="--", label=label)
        axis.set(xscale="log", ylabel=loss.replace("_", " "), title=name)
        axis.grid(alpha=0.3)
        axis.legend(loc="best")
    axis.set_xlabel("learning rate")
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png")
