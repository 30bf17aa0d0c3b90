"""What is kept of a style, however long it lasts: moments of its features and its mean spectrum."""

from typing import Any

import numpy as np
from keras import ops

from audio_tt.tensors import Tensor


class Moments:
    """The mean of f f^T over features f that come in blocks.

    While they are few, the features themselves are kept: they take less room and less time.

    Attributes:
      count: features so far.
      features: `[count, size]`, or None where there were too many to keep.
    """

    def __init__(self, size: int):
        self._size = size
        self._matrix = None
        self.count = 0
        self.features = ops.zeros((0, size), "float32")

    def add(self, features: Tensor) -> None:
        """Takes in features `[count, size]`."""
        count = features.shape[0]
        self.count += count
        if self.features is not None:
            self.features = ops.concatenate([self.features, features], axis=0)
            if self.count <= self._size // 2:
                return
            features, count, self.features = self.features, self.count, None
        mean = ops.matmul(ops.transpose(features), features) / count
        if self._matrix is None:
            self._matrix = mean
        else:
            self._matrix += (mean - self._matrix) * (count / self.count)

    @property
    def matrix(self) -> Any:
        """`[size, size]`."""
        if self.features is None:
            return self._matrix
        return ops.matmul(ops.transpose(self.features), self.features) / max(1, self.count)


class StyleStatistics:
    """All that the losses need of a style.

    Args:
      extractor: an `Extractor`.

    Attributes:
      moments: a `Moments` for each map of features.
    """

    def __init__(self, extractor: Any):
        self._extractor = extractor
        self._constants = extractor.constants()
        self.moments = None
        self._square, self._frames = 0.0, 0

    def add(self, levels: Tensor) -> None:
        """Takes in levels `[channels, frames, bins]` of the style."""
        levels = ops.convert_to_tensor(levels, "float32")
        maps = self._extractor(levels, self._constants)
        if self.moments is None:
            self.moments = [Moments(features.shape[-1]) for features in maps]
        for moments, features in zip(self.moments, maps, strict=True):
            moments.add(features)
        levels = ops.convert_to_numpy(levels).astype(np.float64)
        self._square = self._square + np.square(levels).sum(axis=(0, 1))
        self._frames += levels.shape[0] * levels.shape[1]

    @property
    def spectrum(self) -> np.ndarray:
        """Root mean square of the level of every bin, float32 `[bins]`."""
        return np.sqrt(self._square / self._frames).astype(np.float32)
