"""The distance of two timbres, that of their Gram matrices (Gatys et al. 2015, eq. 3 and 4)."""

import gin
from keras import ops


def gram(features):
    """Which filters sound together: F^T F / (filters * frames) of F `[frames, filters]`.

    Returns:
      `[filters, filters]`.
    """
    frames, filters = features.shape
    return ops.matmul(ops.transpose(features), features) / (filters * frames)


@gin.configurable(module="style_tt.losses")
class GramLoss:
    """Mean squared difference of weighted Gram matrices, against a style that stays.

    The matrices are filters x filters, but their rank is the number of frames at most. Where the
    style has few frames for its filters, the same value comes from frames x frames products of the
    features, in a fraction of the time. It is a difference of larger values, so what is left of
    the loss near 0 is rounding; its gradient is not affected.

    Args:
      style: features of the style, `[frames, filters]`.
      weight: factor of both Gram matrices; it enters the loss squared.
    """

    def __init__(self, style, weight=2500.0):
        self._style = ops.convert_to_tensor(style, "float32")
        frames, filters = self._style.shape
        self._scale = (weight / filters) ** 2
        self._has_few_frames = 2 * frames < filters
        if self._has_few_frames:
            self._square = _inner(self._style, self._style)
        else:
            self._gram = gram(self._style)

    def __call__(self, features):
        """The loss of the features of a content.

        Args:
          features: `[frames, filters]`; the number of frames may differ from the style's.

        Returns:
          A scalar.
        """
        if not self._has_few_frames:
            return self._scale * ops.sum(ops.square(gram(features) - self._gram))
        # ||G - S||^2 = ||G||^2 - 2 <G, S> + ||S||^2
        cross = _inner(features, self._style)
        return self._scale * (_inner(features, features) - 2.0 * cross + self._square)


def _inner(a, b):
    """Inner product of the Gram matrices of features `[frames, filters]`."""
    products = ops.matmul(a, ops.transpose(b)) / a.shape[1]
    return ops.sum(ops.square(products)) / (a.shape[0] * b.shape[0])
