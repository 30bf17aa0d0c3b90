"""What generator and discriminator minimise (Isola et al. 2017, equations 1, 3 and 4)."""

import dataclasses

import gin
from keras import ops

from audio_tt.setting_types import check_types
from audio_tt.tensors import Tensor


@gin.configurable("generator_loss", module="pix2pix_tt.losses")
@dataclasses.dataclass(frozen=True)
class GeneratorLoss:
    """Passing for true, and being near the target.

    Attributes:
      l1_weight: weight of the distance.
    """

    l1_weight: float = 100.0

    def __post_init__(self):
        check_types(self)

    def __call__(self, logits: Tensor, target: Tensor, output: Tensor) -> tuple[Tensor, Tensor]:
        """The loss of a batch.

        Args:
          logits: of the discriminator for the generator's output, any shape.
          target: the true image, `[batch, bins, frames, 1]`.
          output: the generator's, the same shape.

        Returns:
          (loss, distance): scalars; the distance is the mean absolute difference, without its
          weight.
        """
        distance = ops.mean(ops.abs(target - output))
        return _cross_entropy(logits, 1.0) + self.l1_weight * distance, distance


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Telling true images from the generator's; the sum of both, not their mean.

    Args:
      real_logits: for true images, any shape.
      fake_logits: for the generator's.

    Returns:
      A scalar.
    """
    return _cross_entropy(real_logits, 1.0) + _cross_entropy(fake_logits, 0.0)


def _cross_entropy(logits, label):
    labels = ops.full_like(logits, label)
    return ops.mean(ops.binary_crossentropy(labels, logits, from_logits=True))
