"""Ten minutes of audio through the real command, in bounded memory."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

DEMO = Path(__file__).parents[2] / "timbre_tt" / "assets" / "demo.flac"


@pytest.mark.slow
def test_ten_minutes_in_less_than_one_and_a_half_gigabytes(tmp_path):
    melody, rate = soundfile.read(DEMO)
    long = np.tile(melody, 41)[: 600 * rate]
    soundfile.write(tmp_path / "in.wav", long, rate)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    arguments = [str(tmp_path / "in.wav"), str(tmp_path / "out.wav")]
    result = subprocess.run(
        [sys.executable, "-m", "timbre_tt.transfer", *arguments], capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr
    peak_bytes = 1024 * max(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, before)
    assert peak_bytes < 1.5e9
    audio, _ = soundfile.read(tmp_path / "out.wav")
    assert len(audio) == len(long)
    # A click where two blocks of 4 s meet would be a jump unlike any other.
    jumps = np.abs(np.diff(audio))
    borders = np.arange(64000, len(audio), 64000) - 1
    assert jumps[borders].max() < jumps.max()
