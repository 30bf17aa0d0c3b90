from pathlib import Path

import gin
import numpy as np
import pytest

from audio_tt import settings

SMALL = {
    "LogSpectrogram.sample_rate": 8000,
    "LogSpectrogram.n_fft": 128,
    "LogSpectrogram.hop_length": 32,
    "GriffinLim.n_iter": 4,
    "Optimisation.steps": 12,
}


@pytest.fixture(scope="session")
def golden():
    return dict(np.load(Path(__file__).parents[1] / "golden" / "style.npz"))


@pytest.fixture
def small():
    """Default settings at a size that is quick; returns `settings.bind`, to change more."""
    from style_tt import configurables

    assert configurables
    settings.parse_gin(["style/default.gin"])
    for parameter, value in SMALL.items():
        settings.bind(parameter, value)
    yield settings.bind
    gin.clear_config()
