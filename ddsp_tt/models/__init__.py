"""Networks: preprocessor, encoder, decoder, and the autoencoder that joins them to the synths."""

from ddsp_tt.models.autoencoder import Autoencoder, get_model
from ddsp_tt.models.crepe_encoder import CrepeEncoder
from ddsp_tt.models.decoders import RnnFcDecoder
from ddsp_tt.models.encoders import MfccTimeDistributedRnnEncoder
from ddsp_tt.models.inverse_synthesis import InverseSynthesis
from ddsp_tt.models.preprocessing import F0LoudnessPreprocessor, OnlineF0PowerPreprocessor
from ddsp_tt.models.sinusoidal_encoders import (
    ResnetSinusoidalEncoder,
    RnnSandwich,
    SinusoidalToHarmonicEncoder,
)
from ddsp_tt.models.wavernn import WaveRnn

__all__ = [
    "Autoencoder",
    "CrepeEncoder",
    "F0LoudnessPreprocessor",
    "InverseSynthesis",
    "MfccTimeDistributedRnnEncoder",
    "OnlineF0PowerPreprocessor",
    "ResnetSinusoidalEncoder",
    "RnnFcDecoder",
    "RnnSandwich",
    "SinusoidalToHarmonicEncoder",
    "WaveRnn",
    "get_model",
]
