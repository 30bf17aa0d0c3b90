from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def golden():
    return dict(np.load(Path(__file__).parents[1] / "golden" / "style.npz"))
