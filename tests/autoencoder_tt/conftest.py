from pathlib import Path

import numpy as np
import pytest

from autoencoder_tt.published.features import ClipSpectrogram, Range

FOLDER = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="session")
def golden():
    return dict(np.load(FOLDER / "autoencoder.npz"))


@pytest.fixture(scope="session")
def golden_folder():
    return FOLDER


@pytest.fixture(scope="session")
def picture(melody):
    return ClipSpectrogram().analyse(melody("bowed", 22050, 2.95))


@pytest.fixture(scope="session")
def line(picture, golden):
    return ClipSpectrogram().draw_pitch(picture, golden["f0_hz"])


@pytest.fixture(scope="session")
def batches(picture, line):
    """What the network reads and what it is to draw, [1, 512, 128, 2] each."""
    return Range.of(line).scale(line)[None], Range.of(picture).scale(picture)[None]
