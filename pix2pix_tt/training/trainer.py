"""Training of the networks in a run directory that can be stopped and resumed at any moment."""

from collections.abc import Iterable
from typing import Any

import gin
import keras
import numpy as np
from keras import ops

from audio_tt.models.compilation import compiled
from audio_tt.setting_types import checked
from pix2pix_tt import fast, losses, models
from pix2pix_tt.trained.files import DISCRIMINATOR_FILE, GENERATOR_FILE
from pix2pix_tt.training import steps
from pix2pix_tt.training.precision import layers_compute_in, suitable


@gin.configurable("Pix2PixTrainer", module="pix2pix_tt.training")
class Trainer:
    """Networks with their optimisers (Adam), and what one step of training does to them.

    Both networks learn from the same forward pass (Isola et al. 2017 take turns instead), in which
    the discriminator is called on the true image and on the generator's.

    Args:
      adversarial: whether there is a discriminator; the generator alone minimises the L1 distance.
      generator_learning_rate: of the generator.
      discriminator_learning_rate: of the discriminator.
      precision: "float32", "mixed_bfloat16" or "mixed_float16"; by default what suits the graphics
        card, and float32 where there is none. Weights are float32 in any case.

    Attributes:
      figures: names of what a step returns.
      networks: {name of the weight file: `keras.Model`}.
    """

    @checked("Pix2PixTrainer")
    def __init__(
        self,
        adversarial: bool = True,
        generator_learning_rate: float = 5e-5,
        discriminator_learning_rate: float = 5e-6,
        precision: str | None = None,
    ):
        precision = suitable() if precision is None else precision
        with layers_compute_in(precision):
            self.generator = models.unet_generator()
            self.discriminator = models.patch_discriminator() if adversarial else None
        self.rates = [generator_learning_rate]
        self.networks = {GENERATOR_FILE: self.generator}
        self.figures = ["gen_mae"]
        if adversarial:
            self.rates.append(discriminator_learning_rate)
            self.networks[DISCRIMINATOR_FILE] = self.discriminator
            self.figures += ["gen_loss", "disc_loss"]
            self._generator_loss = losses.GeneratorLoss()
        self.optimizers = [_adam(rate, precision) for rate in self.rates]
        parts = [
            (network.trainable_variables, optimizer)
            for network, optimizer in zip(self.networks.values(), self.optimizers, strict=True)
        ]
        for variables, optimizer in parts:
            optimizer.build(variables)
        others = [v for n in self.networks.values() for v in n.non_trainable_variables]
        self.variables = [v for n in self.networks.values() for v in n.variables]
        self._step = steps.training_step(
            lambda *batch: self.losses(*batch, training=True), parts, others
        )
        self._evaluate = compiled(
            lambda *batch: self.losses(*batch, training=False)[1], self.variables
        )
        self._draw = compiled(
            lambda image: self.generator(image, training=False), self.generator.variables
        )

    @property
    def state(self) -> list[keras.Variable]:
        """All variables that a resumed training needs, in a fixed order."""
        return [*self.variables, *(v for o in self.optimizers for v in o.variables)]

    def losses(self, image: Any, target: Any, training: bool) -> tuple[list[Any], Any]:
        """What is minimised, and the figures to watch, of one batch.

        Args:
          image: float32 `[batch, bins, frames, channels]`.
          target: float32 `[batch, bins, frames, 1]`.
          training: whether batch statistics and dropout are those of training.

        Returns:
          (losses, figures): a scalar for each network, and float32 `[figures]`.
        """
        output = self.generator(image, training=training)
        if self.discriminator is None:
            distance = ops.mean(ops.abs(target - output))
            return [distance], ops.stack([distance])
        origin = image[..., :1]  # the example of the target is not for the discriminator
        real, fake = (
            self.discriminator([origin, picture], training=training) for picture in (target, output)
        )
        generator_loss, distance = self._generator_loss(fake, target, output)
        discriminator_loss = losses.discriminator_loss(real, fake)
        return [generator_loss, discriminator_loss], ops.stack(
            [distance, generator_loss, discriminator_loss]
        )

    def step(self, batch: tuple[np.ndarray, np.ndarray], *rates: Any) -> Any:
        """Takes one step.

        Args:
          batch: (image, target).
          *rates: learning rates of the networks, for this step and those to come.

        Returns:
          The figures, a tensor that may still be computed.
        """
        for optimizer, rate in zip(self.optimizers, rates, strict=bool(rates)):
            optimizer.learning_rate = rate
        return self._step(*batch)

    def evaluate(self, batches: Iterable[Any]) -> np.ndarray:
        """Mean figures of batches, in inference mode: `[figures]`."""
        return np.mean([np.asarray(self._evaluate(*batch)) for batch in batches], axis=0)

    def draw(self, image: Any) -> np.ndarray:
        """What the generator makes of images `[batch, bins, frames, channels]`, as an array."""
        return np.asarray(self._draw(image))


def _adam(learning_rate, precision):
    """Adam; where a network computes in float16, with its loss scaled."""
    optimizer = fast.adam(learning_rate)
    if precision == "mixed_float16":
        return keras.optimizers.LossScaleOptimizer(optimizer)
    return optimizer
