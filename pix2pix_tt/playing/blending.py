"""How slices that follow one another are joined."""

import dataclasses

import gin


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

    def overlap_in(self, slice_frames):
        """Frames that neighbours of this size share."""
        return slice_frames // 8 if self.overlap_frames is None else self.overlap_frames
