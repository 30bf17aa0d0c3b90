"""What is trained is the spectrogram: step by step it moves to where its timbre is the style's."""

import dataclasses
from typing import Any

import gin
import numpy as np
from keras import ops

from audio_tt.errors import UserError
from audio_tt.tensors import Tensor
from style_tt.training.optimisers import AdamSteps, LbfgsSteps

METHODS = {"adam": AdamSteps, "lbfgs": LbfgsSteps}
STARTS = ("content", "noise")


@gin.configurable(module="style_tt.training")
@dataclasses.dataclass(frozen=True)
class Optimisation:
    """How levels are moved.

    Attributes:
      method: "adam" (`AdamSteps`) or "lbfgs" (`LbfgsSteps`).
      steps: at most.
      start: "content", or "noise" with the content's root mean square.
      lowest: lower levels are raised to this before each step; None for no limit.
      highest: higher levels are cut to this; None for no limit.
      patience: steps without improvement after which it ends; None for never.
      improvement: share of the loss by which it has to fall to count as improved.
    """

    method: str = "adam"
    steps: int = 400
    start: str = "content"
    lowest: float | None = 0.0
    highest: float | None = None
    patience: int | None = 25
    improvement: float = 0.001

    def __post_init__(self):
        for name, known in (("method", METHODS), ("start", STARTS)):
            if getattr(self, name) not in known:
                raise UserError(f"Optimisation.{name} is one of {', '.join(known)}")

    def clamp(self, levels: Tensor) -> Tensor:
        """The levels within their limits."""
        if self.lowest is not None:
            levels = ops.maximum(levels, self.lowest)
        return levels if self.highest is None else ops.minimum(levels, self.highest)

    def steps_on(self, objective: Any) -> AdamSteps | LbfgsSteps:
        """The stepper of `METHODS` for an `Objective`; it compiles once for each shape."""
        return METHODS[self.method](objective.value, self)

    def ends(self, progress: "Progress") -> bool:
        """Whether there were enough steps, or the last of them brought nothing."""
        waited = progress.step - progress.best_step
        return progress.step >= self.steps or (
            self.patience is not None and waited >= self.patience
        )

    def first(self, content: Tensor, seed: int | tuple[int, ...] = 0) -> np.ndarray:
        """The levels to start from, shaped like those of the content `[channels, frames, bins]`."""
        if self.start == "content":
            return content
        noise = np.random.default_rng(seed).standard_normal(content.shape, np.float32)
        noise = np.abs(noise) if self.lowest == 0.0 else noise
        return noise * np.sqrt(np.mean(np.square(content), dtype=np.float64)).astype(np.float32)


def optimise(
    limits: Optimisation, stepper: Any, constants: Any, progress: "Progress"
) -> np.ndarray:
    """Steps until there are enough, or until they bring nothing any more.

    Args:
      limits: the `Optimisation`.
      stepper: of its `steps_on`.
      constants: of `Objective.constants`.
      progress: a `Progress` to go on from, whose state `stepper.start` made.

    Returns:
      Levels `[channels, frames, bins]`, float32, within their limits.
    """
    stepper.run(progress, constants)
    return ops.convert_to_numpy(limits.clamp(progress.state.levels))


@dataclasses.dataclass
class Progress:
    """How far an optimisation has come.

    Attributes:
      step: steps done.
      loss: before the last of them, or after it by L-BFGS.
      best: the lowest loss that counted as an improvement.
      best_step: the step that had it.
      state: of the stepper.
      report: called after every step.
    """

    step: int = 0
    loss: float = np.inf
    best: float = np.inf
    best_step: int = 0
    state: object = None
    report: object = dataclasses.field(default=lambda: None, repr=False)

    def count(self, loss: float, improvement: float) -> None:
        """Takes in the loss of one more step."""
        self.step += 1
        self.loss = loss
        if loss < self.best * (1.0 - improvement):
            self.best, self.best_step = loss, self.step
