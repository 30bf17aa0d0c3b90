"""8-bit mu-law: audio as one of 256 classes, and back."""

import math

import numpy as np
from keras import ops

from audio_tt.tensors import Tensor

CLASSES = 256
SILENCE = 128  # the class of amplitude 0
_MU = 255.0


def mu_law_classes(audio: Tensor) -> Tensor:
    """8-bit mu-law (ITU-T G.711's curve) of audio in -1..1: int32 1 to 255, silence is 128."""
    level = ops.log1p(_MU * ops.minimum(ops.abs(audio), 1.0)) / math.log1p(_MU)
    return ops.cast(ops.round(ops.sign(audio) * level * 127.0), "int32") + SILENCE


def from_mu_law(classes: np.ndarray) -> np.ndarray:
    """Amplitudes in -1..1 of mu-law classes, NumPy; class 0, which none maps to, is -1."""
    level = np.maximum((np.asarray(classes, "float32") - SILENCE) / 127.0, -1.0)
    return np.sign(level) * np.expm1(np.abs(level) * math.log1p(_MU)) / _MU
