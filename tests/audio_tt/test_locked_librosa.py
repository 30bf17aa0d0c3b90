"""librosa is loaded for the first time by one process at once."""

import subprocess
import sys

import numpy as np
import pytest

from audio_tt.dsp.locked_librosa import alone, librosa

fcntl = pytest.importorskip("fcntl")
ENTER = (
    "from audio_tt.dsp.locked_librosa import alone\nwith alone():\n    print('inside', flush=True)"
)


def test_another_process_waits():
    with alone():
        other = subprocess.Popen([sys.executable, "-c", ENTER], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.communicate(timeout=3)
    assert other.communicate(timeout=60)[0].strip() == b"inside"


def test_what_is_compiled_is_loaded():
    assert "librosa.core.pitch" in sys.modules and "librosa.util.utils" in sys.modules
    assert librosa.util.localmax(np.array([0.0, 1.0, 0.0]))[1]
