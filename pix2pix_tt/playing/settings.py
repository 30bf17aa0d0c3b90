"""How a generator plays: settings that gin gives while it is loaded, and that it keeps."""

import dataclasses

import gin

from audio_tt.dsp.griffin_lim import GriffinLim
from audio_tt.errors import UserError
from audio_tt.setting_types import check_types
from pix2pix_tt.playing import phases


@gin.configurable(module="pix2pix_tt.transfer")
@dataclasses.dataclass(frozen=True)
class Transfer:
    """What is done with a drawn spectrogram.

    The phase counts wherever a model plays. The rest is how the original writes files, and counts
    in `pix2pix_tt.predict` and `pix2pix_tt.predict_multitarget` alone.

    Attributes:
      phase: one of `phases.METHODS`.
      keep_length: whether the output is as long as the input, to the sample, at its sample rate;
        otherwise what comes after the last whole hop is lost, and the rate is the model's.
      normalise_peak: whether the loudest sample is made 1.
      mono: whether the channels are mixed; otherwise each goes through the network by itself.
      subtype: of wav files, as `audio_tt.files.io.write` names it; None for its default.
    """

    phase: str = "input"
    keep_length: bool = True
    normalise_peak: bool = False
    mono: bool = False
    subtype: str | None = None

    def __post_init__(self):
        check_types(self)
        phases.check([self.phase])


@gin.configurable(module="pix2pix_tt.blending")
@dataclasses.dataclass(frozen=True)
class Blending:
    """How slices follow one another.

    Attributes:
      overlap_frames: frames that neighbours share, over which one is faded into the other, an
        eighth of a slice by default; the last slice ends where the recording ends. With 0, slices
        stand side by side and the last one is filled up with silence, as in the original.
    """

    overlap_frames: int | None = None

    def __post_init__(self):
        check_types(self)

    def overlap_in(self, slice_frames: int) -> int:
        """Frames that neighbours of this size share.

        Raises:
          UserError: they cannot share so many.
        """
        if self.overlap_frames is None:
            return slice_frames // 8
        if not 0 <= self.overlap_frames < slice_frames:
            raise UserError(
                f"{self.overlap_frames} frames cannot overlap in slices of {slice_frames}; use 0 "
                f"to {slice_frames - 1}"
            )
        return self.overlap_frames


@dataclasses.dataclass(frozen=True)
class Playing:
    """All that a model needs to know to play; the defaults are those of gin at that moment.

    Attributes:
      transfer: the phase, and how the original writes files.
      blending: how slices follow one another.
      griffin_lim: the settings of `phase="griffin_lim"`.
    """

    transfer: Transfer = dataclasses.field(default_factory=Transfer)
    blending: Blending = dataclasses.field(default_factory=Blending)
    griffin_lim: GriffinLim = dataclasses.field(default_factory=GriffinLim)


def read(phase: str | None = None, overlap_frames: int | None = None) -> Playing:
    """Takes the settings from gin.

    Args:
      phase: wins over gin's where it is given.
      overlap_frames: the same.

    Raises:
      UserError: a value is of the wrong kind.
    """
    playing = Playing()
    if phase is not None:
        playing = dataclasses.replace(
            playing, transfer=dataclasses.replace(playing.transfer, phase=phase)
        )
    if overlap_frames is not None:
        playing = dataclasses.replace(playing, blending=Blending(overlap_frames))
    return playing
