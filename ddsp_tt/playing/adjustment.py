"""How a performance is fitted to the instrument that it is played on."""

import dataclasses
from typing import Any

from absl import logging

from ddsp_tt.features import fitting, loudness_scales

_NUMBERS = ("one", "two", "three", "four")


@dataclasses.dataclass(frozen=True)
class Adjustment:
    """How pitch and loudness are fitted to the target instrument, and shifted by hand.

    Attributes:
      auto_adjust: move pitch by whole octaves and loudness by its distribution to where the
        target's training data are.
      keep_octave: True does not move the pitch, None only as far as is needed, False as Magenta's
        demo, see `fitting.octaves_to`.
      threshold: of note detection, 0 (everything is a note) to 2.
      quiet: dB by which what is no note is turned down at most.
      autotune: how far pitch is drawn to a scale, 0 to 1.
      chromatic: whether to the chromatic scale, or else to the best major scale.
      octave_shift: octaves to add.
      loudness_shift: dB to add.
      loudness_fit: "range" keeps the proportions of the recording's dynamics; "quantiles" is the
        fit of Magenta's demo, see `fitting.adjust`.
    """

    auto_adjust: bool = True
    keep_octave: bool | None = None
    threshold: float = 1.0
    quiet: float = 10.0
    autotune: float = 0.0
    chromatic: bool = False
    octave_shift: int = 0
    loudness_shift: float = 0.0
    loudness_fit: str = "range"

    def apply(self, measured: dict, instrument: Any) -> dict:
        """Features fitted to an instrument, see `fitting.adjust`.

        Args:
          measured: as `features.extraction.extract` gives them.
          instrument: a `trained.loading.TrainedModel` or a `playing.engine.Instrument`.
        """
        adjusted, _ = fitting.adjust(
            measured,
            instrument.statistics,
            min_db=-loudness_scales.get(instrument.convention).range_db,
            smoothing=fitting.smoothing_of(instrument.rates.frame_rate),
            **dataclasses.asdict(self),
        )
        self._say_octaves(measured["f0_hz"], adjusted["f0_hz"])
        return adjusted

    def _say_octaves(self, measured_hz, adjusted_hz):
        """Says by how many octaves the fit moved the pitch, where it did."""
        octaves = fitting.octaves_between(measured_hz, adjusted_hz) - self.octave_shift
        if octaves:
            number = _NUMBERS[abs(octaves) - 1] if abs(octaves) <= len(_NUMBERS) else abs(octaves)
            logging.info(
                "played %s octave%s %s, where the instrument plays; --keep_octave leaves the pitch",
                number,
                "s" if abs(octaves) > 1 else "",
                "higher" if octaves > 0 else "lower",
            )

    def finds_notes(self, measured: dict, instrument: Any) -> bool:
        """Whether any frame of measured features counts as part of a note."""
        mask_on, _ = fitting.detect_notes(
            measured["loudness_db"],
            measured["f0_confidence"],
            self.threshold,
            smoothing=fitting.smoothing_of(instrument.rates.frame_rate),
            min_db=-loudness_scales.get(instrument.convention).range_db,
        )
        return bool(mask_on.any())
