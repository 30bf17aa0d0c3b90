"""The two designs: features, network, and the data that train it, as they belong together.

gin says which one a model is of: `get_design.design = @PictureDesign()` or `@FrameDesign()`.
"""

import gin

from autoencoder_tt.features import ClipSpectrogram
from autoencoder_tt.frame_model import context_frames, frame_autoencoder
from autoencoder_tt.frames import FrameSpectrogram
from autoencoder_tt.model import convolutional_autoencoder


@gin.register(module="autoencoder_tt.designs")
class PictureDesign:
    """The published one: clips of one length, whose level and phase are drawn as a picture.

    Attributes:
      spectrogram: `ClipSpectrogram`.
      network: `keras.Model`.
    """

    def __init__(self):
        self.spectrogram = ClipSpectrogram()
        self.network = convolutional_autoencoder()


@gin.register(module="autoencoder_tt.designs")
class FrameDesign:
    """The improved one: any length, frame by frame.

    Attributes:
      features: `FrameSpectrogram`.
      network: `keras.Model`.
    """

    def __init__(self):
        self.features = FrameSpectrogram()
        self.network = frame_autoencoder(
            self.features.n_bins, self.features.n_pitches, self.features.range_db
        )

    @property
    def context(self):
        """Frames on either side that the network needs to draw one."""
        return context_frames(self.network)


@gin.configurable(module="autoencoder_tt.designs")
def get_design(design=gin.REQUIRED):
    """The design that gin names."""
    return design
