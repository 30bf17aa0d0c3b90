"""The sum of all losses, as a function of the levels that are optimised."""

from typing import Any

from keras import ops

from audio_tt.tensors import Tensor
from style_tt.losses import ContentLoss, EnvelopeLoss, GramLoss, envelopes


class Objective:
    """What is made small.

    Args:
      extractor: an `Extractor`.
      style: the `StyleStatistics` of the style.

    Attributes:
      gram: its `GramLoss`.
    """

    def __init__(self, extractor: Any, style: Any):
        self._extractor = extractor
        self._style = style
        self.gram, self._content, self._envelope = GramLoss(), ContentLoss(), EnvelopeLoss()
        self._network = extractor.constants()
        self._targets = {}  # by the number of positions of each map

    def constants(self, content: Tensor, share: float = 1.0) -> dict[str, Any]:
        """All that `value` needs besides the levels, as tensors.

        Args:
          content: levels of the content, `[channels, frames, bins]`.
          share: factor of the style's Gram matrices.
        """
        content = ops.convert_to_tensor(content, "float32")
        maps = self._extractor(content, self._network)
        constants = {
            "network": self._network,
            "style": self._style_targets(tuple(features.shape[0] for features in maps)),
            "share": ops.convert_to_tensor(share, "float32"),
        }
        if self._content.weight:
            constants["content"] = maps if self._content.on_features else [content]
        if self._envelope.time_weight or self._envelope.frequency_weight:
            of_style = ops.convert_to_tensor(self._style.spectrum) * share**0.5
            constants["envelopes"] = [envelopes(content)[0], of_style]
        return constants

    def value(self, levels: Tensor, constants: dict[str, Any]) -> Tensor:
        """The loss of levels `[channels, frames, bins]`, a scalar."""
        maps = self._extractor(levels, constants["network"])
        metrics = self._extractor.metrics(constants["network"])
        total = 0.0
        for features, style, metric in zip(maps, constants["style"], metrics, strict=True):
            total += self.gram(features, style, metric, constants["share"])
        if "content" in constants:
            pairs = (
                zip(maps, metrics, strict=True) if self._content.on_features else [(levels, None)]
            )
            for (values, metric), content in zip(pairs, constants["content"], strict=True):
                total += self._content(values, content, metric)
        if "envelopes" in constants:
            total += self._envelope(levels, *constants["envelopes"])
        return total

    def _style_targets(self, positions):
        if positions not in self._targets:
            self._targets[positions] = [
                self.gram.constants(moments, metric, filters, count)
                for moments, metric, filters, count in zip(
                    self._style.moments,
                    self._extractor.metrics(self._network),
                    self._extractor.filters,
                    positions,
                    strict=True,
                )
            ]
        return self._targets[positions]
