"""Distances of what is optimised: to the style by Gram matrices, to the content, of envelopes."""

import dataclasses
from typing import Any

import gin
import numpy as np
from keras import ops

from audio_tt.tensors import Tensor


@gin.configurable(module="style_tt.losses")
@dataclasses.dataclass(frozen=True)
class GramLoss:
    """Mean squared difference of weighted Gram matrices (Gatys et al. 2015, eq. 3 and 4).

    A Gram matrix F^T F / (filters * frames) is filters x filters, but its rank is the number of
    frames at most. Where there are fewer frames than filters, the same value comes from
    frames x frames products, in a fraction of the time: ||G - S||^2 = ||G||^2 - 2 <G, S> + ||S||^2.
    It is then a difference of larger values, so what is left of the loss near 0 is rounding; its
    gradient is not affected.

    Attributes:
      weight: factor of both Gram matrices, so it enters the loss squared.
      relative: whether the squared difference is divided by the square of the style's matrix, so
        that the loss is 1 for silence, instead of by the number of its entries.
    """

    weight: float = 1.0
    relative: bool = True

    def constants(
        self, moments: Any, metric: Tensor | None, filters: int, positions: int
    ) -> dict[str, Any]:
        """What has to be known of a style.

        Args:
          moments: its `Moments`.
          metric: of the features, `[features, features]` or None.
          filters: how many there are.
          positions: how many features the content will have.

        Returns:
          dict of tensors.
        """
        matrix = None
        if moments.features is None or positions > moments.matrix.shape[0]:
            matrix = moments.matrix
            weighted = matrix if metric is None else ops.matmul(matrix, metric)
            square = ops.sum(weighted * ops.transpose(weighted))
        if positions > moments.matrix.shape[0]:
            kept = {"moments": matrix}
        elif matrix is not None:
            kept = {"matrix": weighted if metric is None else ops.matmul(metric, weighted)}
        else:
            factor = ops.transpose(moments.features) / np.sqrt(moments.count)
            weighted = factor if metric is None else ops.matmul(metric, factor)
            square = ops.sum(ops.square(ops.matmul(ops.transpose(factor), weighted)))
            kept = {"factor": weighted}
        entries = square if self.relative else float(filters) ** 4
        return {**kept, "square": square, "scale": self.weight**2 / entries}

    def __call__(
        self, features: Tensor, style: dict[str, Any], metric: Tensor | None, share: float
    ) -> Tensor:
        """The loss of the features of a content.

        Args:
          features: `[positions, features]`; their number may differ from the style's.
          style: of `constants`.
          metric: as for `constants`.
          share: factor of the style's Gram matrix.

        Returns:
          A scalar.
        """
        positions = features.shape[0]
        fixed = ops.stop_gradient(features)
        weighted = fixed if metric is None else ops.matmul(fixed, metric)
        if "moments" in style:
            difference = ops.matmul(ops.transpose(fixed), fixed) / positions
            difference = difference - share * style["moments"]
            product = difference if metric is None else ops.matmul(difference, metric)
            value = ops.sum(product * ops.transpose(product))
            gradient = 4.0 / positions * ops.matmul(weighted, product)
        else:
            inner = ops.matmul(weighted, ops.transpose(fixed)) / positions
            if "factor" in style:
                seen = ops.matmul(fixed, style["factor"])
                cross = ops.sum(ops.square(seen)) / positions
                pull = ops.matmul(seen, ops.transpose(style["factor"]))
            else:
                pull = ops.matmul(fixed, style["matrix"])
                cross = ops.sum(pull * fixed) / positions
            value = ops.sum(ops.square(inner)) - 2.0 * share * cross + share**2 * style["square"]
            gradient = 4.0 / positions * (ops.matmul(inner, weighted) - share * pull)
        return style["scale"] * _with_gradient(value, features, gradient)


@gin.configurable(module="style_tt.losses")
@dataclasses.dataclass(frozen=True)
class ContentLoss:
    """Squared difference to the content (Gatys et al. 2015, eq. 1).

    Attributes:
      weight: 0 leaves it out.
      relative: whether it is divided by the square of the content.
      on_features: whether it is that of the network's features, otherwise of the levels themselves.
    """

    weight: float = 0.0
    relative: bool = True
    on_features: bool = False

    def __call__(self, values: Tensor, content: Tensor, metric: Tensor | None = None) -> Tensor:
        """A scalar, for values `[positions, size]` and those of the content, in a metric."""
        distance = self.weight * _square(values - content, metric)
        return distance / (_square(content, metric) + _TINY) if self.relative else distance


@gin.configurable(module="style_tt.losses")
@dataclasses.dataclass(frozen=True)
class EnvelopeLoss:
    """Squared differences of envelopes, relative to their squares (after Verma and Smith 2018).

    Attributes:
      time_weight: of the envelope over time, the root mean square of a frame, against the content.
      frequency_weight: of that over frequency, of a bin over all frames, against the style.
    """

    time_weight: float = 0.0
    frequency_weight: float = 0.0

    def __call__(self, levels: Tensor, content_envelope: Tensor, style_envelope: Tensor) -> Tensor:
        """A scalar, for levels `[channels, frames, bins]` and two envelopes of `envelopes`."""
        in_time, in_frequency = envelopes(levels)
        return self.time_weight * _relative(
            in_time, content_envelope
        ) + self.frequency_weight * _relative(in_frequency, style_envelope)


def envelopes(levels: Tensor) -> tuple[Tensor, Tensor]:
    """Root mean square over time and over frequency.

    Args:
      levels: `[channels, frames, bins]`.

    Returns:
      `[channels, frames]` and `[bins]`.
    """
    square = ops.square(levels)
    in_time, in_frequency = ops.mean(square, axis=2), ops.mean(square, axis=(0, 1))
    return ops.sqrt(in_time + _TINY), ops.sqrt(in_frequency + _TINY)


_TINY = 1e-12


def _square(values, metric):
    weighted = values if metric is None else ops.matmul(values, metric)
    return ops.sum(values * weighted)


def _relative(values, target):
    return ops.sum(ops.square(values - target)) / (ops.sum(ops.square(target)) + _TINY)


def _with_gradient(value, x, gradient):
    """A value whose gradient with respect to x is the given one."""
    product = ops.sum(x * ops.stop_gradient(gradient))
    return ops.stop_gradient(value) + (product - ops.stop_gradient(product))
