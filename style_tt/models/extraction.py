"""What the losses look at: one or more maps of features of a spectrogram."""

from typing import Any

import gin
from keras import ops

from audio_tt.tensors import Tensor
from style_tt.models.networks import linear_layer, patches, random_network


@gin.configurable(module="style_tt.extraction")
class Extractor:
    """Features of a spectrogram, with the metric in which their Gram matrices are compared.

    A linear layer maps patches p to features K^T p, so the inner product of two Gram matrices is
    tr(A M B M) of the covariances A and B of the patches, with the metric M = K K^T. Where there
    are more filters than a patch has values, that is the same in a fraction of the time. As the
    number of random filters grows without bound, M comes near a multiple of the identity.

    Args:
      n_bins: bins of a frame.
      infinite_width: frames that infinitely many linear filters cover; None for the finite number
        of `random_network`.
      network: a network with weights of its own, in place of either.

    Attributes:
      network: `keras.Model`; None for infinitely many filters.
      filters: list with the number of filters of each map.
    """

    def __init__(self, n_bins: int, infinite_width: int | None = None, network: Any = None):
        self._width, self.network, self._layer = infinite_width, network, None
        if network is None and infinite_width is None:
            self.network = random_network(n_bins)
        if self.network is None:
            self.filters = [infinite_width * n_bins + 1]
            return
        self.filters = [output.shape[-1] for output in self.network.outputs]
        layer = linear_layer(self.network)
        is_wide = layer is not None and layer.kernel.shape[-1] > layer.kernel.shape[0] * n_bins + 1
        if is_wide and layer.use_bias:
            self._layer = layer

    def constants(self) -> dict[str, Any]:
        """Tensors that `__call__` and `metrics` need, to be handed to compiled functions.

        Compilers try to compute with what they find inside a function.
        """
        if self.network is None:
            return {}
        if self._layer is not None:
            return {"metric": self._metric()}
        return {"weights": [ops.convert_to_tensor(v) for v in self.network.variables]}

    def __call__(self, spectrogram: Tensor, constants: Any) -> list[Tensor]:
        """Maps of features.

        Args:
          spectrogram: `[channels, frames, bins]`.
          constants: of `constants`.

        Returns:
          List of `[positions, features]`, the channels' positions after one another.
        """
        if self.network is None:
            maps = [patches(spectrogram, self._width)]
        elif self._layer is not None:
            (width,), (stride,) = self._layer.kernel_size, self._layer.strides
            maps = [patches(spectrogram, width, stride, self._layer.padding)]
        else:
            maps, _ = self.network.stateless_call([], constants["weights"], spectrogram)
            maps = maps if isinstance(maps, list | tuple) else [maps]
        return [ops.reshape(x, (x.shape[0] * x.shape[1], x.shape[2])) for x in maps]

    def metrics(self, constants: Any) -> list[Any]:
        """The metric of each map, `[features, features]`, or None for the usual one."""
        return [constants.get("metric")] * len(self.filters)

    def _metric(self):
        kernel, bias = (ops.convert_to_tensor(v) for v in self._layer.weights)
        kernel = ops.reshape(kernel, (-1, kernel.shape[-1]))
        kernel = ops.concatenate([kernel, bias[None]], axis=0)
        return ops.matmul(kernel, ops.transpose(kernel))
